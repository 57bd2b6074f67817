"""Real servers and broken networks, started by a test and ended by it."""
