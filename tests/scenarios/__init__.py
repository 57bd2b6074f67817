"""What users meet, from one end to the other: the daemon on real servers, with good days and bad ones."""
