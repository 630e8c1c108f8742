"""Others' sockets: TLS on both sides, our certificates, upstream connections, flow control."""

from wireglass.net.authority import Authority, Leaf
from wireglass.net.client_certificates import ClientCertificates
from wireglass.net.contexts import HTTP1, HTTP_BOTH, ServerContexts, UnverifiedHosts, client_context
from wireglass.net.dial import Check, Dialler, certificate_hash, refused_host
from wireglass.net.flow import PEER_BLOCKED, RECORD_FULL, WAITING, ReadGate, unsent
from wireglass.net.hostname import tls_name
from wireglass.net.key_log import prepare_key_log
from wireglass.net.pool import Pool
from wireglass.net.proxies import Proxies
from wireglass.net.remedy import wait_longer
from wireglass.net.server_side import Seen, ServerSide
from wireglass.net.servers import HTTP2, Servers, Spoken
from wireglass.net.tasks import spawn
from wireglass.net.tls import TlsPipe
from wireglass.net.tls_faults import asked_in_clear, client_left_handshake, client_left_unspoken
from wireglass.net.upstream import Attempt, Route, Upstream, address_of, broken

__all__ = [
    "HTTP1",
    "HTTP2",
    "HTTP_BOTH",
    "PEER_BLOCKED",
    "RECORD_FULL",
    "WAITING",
    "Attempt",
    "Authority",
    "Check",
    "ClientCertificates",
    "Dialler",
    "Leaf",
    "Pool",
    "Proxies",
    "ReadGate",
    "Route",
    "Seen",
    "ServerContexts",
    "ServerSide",
    "Servers",
    "Spoken",
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
    "prepare_key_log",
    "refused_host",
    "spawn",
    "tls_name",
    "unsent",
    "wait_longer",
]
