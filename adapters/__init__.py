"""What implements the ports: one folder per technology."""
