"""A store that is full, over the API: what cannot be written is said, what can be read is, and room helps."""

from __future__ import annotations

from tests.api.served import Answer, Api

_ANY = 2**30
"""Pages; SQLite takes no more."""


def _limit(api: Api, pages: int) -> None:
    """Of the database; as many as it has already are the least."""
    store = api.store
    store._write(lambda: store._db.execute(f"PRAGMA max_page_count = {pages}").fetchall())


def _save(api: Api, number: int) -> Answer:
    return api.ask("PUT", "/filters", {"name": f"filter {number}", "query": f"note:{'x' * 4000}"})


def test_what_cannot_be_written_is_507(api: Api) -> None:
    api.exchange()
    _limit(api, 1)
    answers: list[Answer] = []
    while len(answers) < 200 and (not answers or answers[-1].status == 200):
        answers.append(_save(api, len(answers)))
    full = answers[-1]
    assert (full.status, full.json["code"]) == (507, "store_full"), full
    assert "room" in f"{full.json['message']} {full.json['hint']}"
    assert len(api.get("/filters")) == len(answers) - 1, "what was answered 200 is there, and what was refused is not"
    assert api.get("/exchanges/1")["summary"]["url"] == "http://a.test/"
    _limit(api, _ANY)
    assert _save(api, len(answers)).status == 200
