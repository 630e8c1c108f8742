"""REST and the feed, for the web UI, the extension and scripts."""
