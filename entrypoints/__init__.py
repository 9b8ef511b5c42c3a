"""What starts the service and translates for it: HTTP, the command line, settings, wiring."""
