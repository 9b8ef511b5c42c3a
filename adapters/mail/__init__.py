"""Mail: what it looks like, and how it leaves."""
