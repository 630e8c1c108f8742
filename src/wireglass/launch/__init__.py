"""Getting programs, browsers and devices to use the proxy and to trust it."""
