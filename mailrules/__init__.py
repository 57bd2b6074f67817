"""mailrules sorts mail on any IMAP server by the rules in one TOML file.

The house, imports pointing down only::

    floor 4   cli          arguments, output, exit statuses; no logic
    floor 3   daemon       supervisor, worker, reload: keeping it running
    floor 2   engine       the path of a message: fetch, evaluate, journal, execute
    floor 1   client (asyncio)  |  config (the rule file)  |  store (the journal)  |  sieve (scripts as rules)
    floor 0   imap (the protocol without a network)  |  rules (message in, plan out)

``imap`` and ``rules`` know nothing of each other, nor of sockets, clocks or logs.
To understand what happens to a message, read ``engine/process.py`` first.
"""

__version__ = "0.1.0"
