"""The words everybody uses."""

from wireglass.model.exchange import (
    BodyRef,
    Detail,
    Endpoint,
    Exchange,
    Headers,
    Informational,
    Record,
    Side,
    State,
    Summary,
    Timings,
    Tls,
)
from wireglass.model.messages import REQUEST, RESPONSE, TIMELINE, Batch, Certificate, Closed, Message, Opened, Part
from wireglass.model.sink import Sink

__all__ = [
    "REQUEST",
    "RESPONSE",
    "TIMELINE",
    "Batch",
    "BodyRef",
    "Certificate",
    "Closed",
    "Detail",
    "Endpoint",
    "Exchange",
    "Headers",
    "Informational",
    "Message",
    "Opened",
    "Part",
    "Record",
    "Side",
    "Sink",
    "State",
    "Summary",
    "Timings",
    "Tls",
]
