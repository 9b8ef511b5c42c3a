"""Settings from the environment, `.env` and secret files, checked all at once."""
