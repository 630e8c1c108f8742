"""May this client reach this address."""

from wireglass.policy.reach import why_refused

__all__ = ["why_refused"]
