"""The daemon as a real process on a real server, killed and cut wherever it hurts."""
