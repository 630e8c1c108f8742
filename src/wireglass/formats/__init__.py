"""Records as the files of other programs."""
