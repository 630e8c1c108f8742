"""What goes over the wire, without a socket: heads, framing, targets, hellos."""
