"""A mailbox of a million messages on a real server is filed: how large the process gets."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench.bench import Bench
from tests.bench.letters import rules
from tests.bench.programs import Spent, measured, python
from tests.bench.stock import Stock
from tests.bench.table import Goal, Row, Sample
from tests.faults.process import rule_file
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot

_RULES = 1_000
_DIFFERENT = 1_000  # messages; the others are links to their files, of which one can have 65,000
_ROOM = "service imap {\n  vsz_limit = 2G\n}"  # Dovecot itself takes more than its 256 MB for so many


def rows(bench: Bench) -> Iterator[Row]:
    """Measure it once: it takes minutes, and memory hardly differs from run to run."""
    number = bench.either(1_000_000, 5_000)
    with Dovecot(Layout(extra=_ROOM)) as server:
        stock = Stock(server, _DIFFERENT)
        began = time.monotonic()
        user = stock.large_user(number)
        bench.say(f"{number:,} messages are there after {time.monotonic() - began:.0f} s")
        spent = _ours(bench, server, user)
        bench.say(f"{number:,} messages: {spent}")
        staying = sum(place is None for place in stock.plan(_RULES))
        expected = staying * (number // _DIFFERENT)
        if (left := stock.left(user)) != expected:
            raise AssertionError(f"{left} messages are left in INBOX, not {expected}")
    axis = f"{number:,} messages, {_RULES:,} rules"
    yield Row(f"{axis}: memory", "MiB", Sample.of([spent.memory]), goal=Goal(200))
    yield Row(f"{axis}: CPU of the process a message", "µs", Sample.of([spent.cpu / number * 1e6]))
    yield Row(f"{axis}: the whole process", "s", Sample.of([spent.wall]))


def _ours(bench: Bench, server: Dovecot, user: str) -> Spent:
    config = rule_file(bench.empty_folder(), user, server.ports.imap, rules(_RULES))
    return measured(python("-m", "mailrules", "apply", "-c", str(config), "--account", "work"))
