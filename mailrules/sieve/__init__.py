"""Sieve scripts (RFC 5228) read, and said again as rules.

`carry_over` is the way in: it parses a script, runs it over no message in particular (`run`), settles what each way
through it does with a message (`settle`), and writes rules, with comments for what rules can't say (`write`).
"""

from mailrules.sieve.carry import CarriedOver, carry_over
from mailrules.sieve.errors import SieveError

__all__ = ["CarriedOver", "SieveError", "carry_over"]
