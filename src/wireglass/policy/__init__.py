"""May this client reach this address; what becomes of its TLS."""

from wireglass.policy.hosts import find_host
from wireglass.policy.reach import only_here, why_refused
from wireglass.policy.tls import Action, Decision, decide

__all__ = ["Action", "Decision", "decide", "find_host", "only_here", "why_refused"]
