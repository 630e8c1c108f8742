"""``make bench``: Wireglass recording everything durably, beside other proxies, in one run."""
