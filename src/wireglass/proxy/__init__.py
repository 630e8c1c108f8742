"""The forward proxy: clients in, servers out, the sink told."""

from wireglass.proxy.service import Service

__all__ = ["Service"]
