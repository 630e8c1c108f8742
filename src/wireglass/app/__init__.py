"""The composition root: settings → processes, wiring, start, drain, restart."""
