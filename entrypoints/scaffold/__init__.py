"""Makes features that read as if they were written by hand, and takes them out again."""
