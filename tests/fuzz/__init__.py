"""Octets that nobody has thought of, guided by what they reach: ``python -m tests.fuzz [TARGET…] --seconds 60``.

``targets`` says what is fuzzed and what must hold, ``corpus/`` keeps the octets that reach something of their own or
have once done harm; `test_fuzz` puts all of them to the targets each time, and goes on from them for a moment.
"""
