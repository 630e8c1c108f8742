"""The record on disk: one writer, many readers. The only room that opens databases."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wireglass.store.ledger import Counts
    from wireglass.store.reader import Reader
    from wireglass.store.record import Store, open_store
    from wireglass.store.search.answers import Count, Lag, Page
    from wireglass.store.search.indexer import Indexer
    from wireglass.store.search.subject import StoredSubject
    from wireglass.store.usage import Usage
    from wireglass.store.verdict import Missed, Verdict
else:
    _MODULES = {
        "Count": "search.answers",
        "Counts": "ledger",
        "Indexer": "search.indexer",
        "Lag": "search.answers",
        "Missed": "verdict",
        "Page": "search.answers",
        "Reader": "reader",
        "Store": "record",
        "StoredSubject": "search.subject",
        "Usage": "usage",
        "Verdict": "verdict",
        "open_store": "record",
    }

    def __getattr__(name: str) -> Any:
        """Loaded when it is first asked for: a command that reads need not load what writes."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return value


__all__ = [
    "Count",
    "Counts",
    "Indexer",
    "Lag",
    "Missed",
    "Page",
    "Reader",
    "Store",
    "StoredSubject",
    "Usage",
    "Verdict",
    "open_store",
]
