"""Rules: reading mail, matching it, planning what is done."""
