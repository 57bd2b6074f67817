"""What is inside a message: its parts, their names and their text; linear, and never an error, whatever comes."""
