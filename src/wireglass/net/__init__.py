"""Others' sockets: TLS on both sides, our certificates, upstream connections, flow control."""

from wireglass.net.authority import Authority, Leaf
from wireglass.net.contexts import ServerContexts, UnverifiedHosts, client_context
from wireglass.net.dial import Check, Dialler, certificate_hash
from wireglass.net.flow import PEER_BLOCKED, RECORD_FULL, WAITING, ReadGate
from wireglass.net.hostname import tls_name
from wireglass.net.pool import Pool
from wireglass.net.remedy import wait_longer
from wireglass.net.tasks import spawn
from wireglass.net.tls import TlsPipe
from wireglass.net.tls_faults import asked_in_clear, client_left_handshake, client_left_unspoken
from wireglass.net.upstream import Attempt, Route, Upstream, address_of, broken

__all__ = [
    "PEER_BLOCKED",
    "RECORD_FULL",
    "WAITING",
    "Attempt",
    "Authority",
    "Check",
    "Dialler",
    "Leaf",
    "Pool",
    "ReadGate",
    "Route",
    "ServerContexts",
    "TlsPipe",
    "UnverifiedHosts",
    "Upstream",
    "address_of",
    "asked_in_clear",
    "broken",
    "certificate_hash",
    "client_context",
    "client_left_handshake",
    "client_left_unspoken",
    "spawn",
    "tls_name",
    "wait_longer",
]
