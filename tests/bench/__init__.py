"""What it costs, measured: programs to be run by hand, and what they are made of."""
