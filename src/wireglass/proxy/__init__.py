"""The forward proxy: clients in, servers out, the sink told."""

from wireglass.proxy.doors import Door
from wireglass.proxy.interception import Interception
from wireglass.proxy.proxy_auth import ProxyAuth
from wireglass.proxy.service import Service

__all__ = ["Door", "Interception", "ProxyAuth", "Service"]
