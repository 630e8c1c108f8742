"""``show --as``: the request as code."""

from __future__ import annotations

from tests.cli.recording import Recording, Run

from wireglass.model import Detail, Summary


def _summary(method: str = "POST") -> Summary:
    return Summary(method, "https://example.com/a?b", "example.com", 1_700_000_000.0, status=200)


def test_code_is_on_standard_output_and_notes_are_on_both(recording: Recording, wireglass: Run) -> None:
    detail = Detail(request_headers=[(b"Host", b"example.com"), (b"X-A", b"it's")])
    recording.closed(_summary(), detail, request=b"text")
    code, out, err = wireglass("show", "1", "--as", "curl")
    assert (code, err) == (0, "")
    assert out.startswith("curl 'https://example.com/a?b' \\\n")
    assert "--data-raw text" in out
    code, out, err = wireglass("show", "1", "--as", "wget")
    assert code == 0
    assert out.startswith("# wget says")
    assert "wget says" in err


def test_wrong_usage(recording: Recording, wireglass: Run) -> None:
    recording.closed(_summary("CONNECT"), Detail())
    code, out, err = wireglass("show", "1", "--as", "cobol")
    assert (code, out) == (2, "")
    assert "There is no language 'cobol'. There are curl, " in err
    assert wireglass("show", "1", "--as", "curl", "--json").code == 2
    code, out, err = wireglass("show", "1", "--as", "curl")
    assert (code, out) == (2, "")
    assert "is a tunnel" in err
