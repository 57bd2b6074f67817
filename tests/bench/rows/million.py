"""A mailbox of a million messages on a real server is filed: how large the process gets."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.letters import TARGETS, Letter, rules, target
from tests.bench.programs import Spent, measured, python
from tests.bench.table import Goal, Row, Sample
from tests.faults.process import rule_file
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot

_RULES = 1_000
_DIFFERENT = 1_000  # messages; the others are links to their files, of which one can have 65,000


def rows(bench: Bench) -> Iterator[Row]:
    """Measure it once; what imapfilter takes for 10,000 stands with the backlog, and it grows with their number."""
    number = bench.either(1_000_000, 5_000)
    letters = [Letter(each) for each in range(_DIFFERENT)]
    with Dovecot(Layout(extra="mail_location = maildir:~/Maildir")) as server:
        sources = _sources(bench.empty_folder(), letters)
        # A million takes minutes, and memory hardly differs from run to run: once is enough.
        spent = _ours(bench, server, sources, number)
        expected = sum(letters[each % _DIFFERENT].destination(_RULES) is None for each in range(number))
        told = server.doveadm("mailbox", "status", "-u", "ours", "messages", "INBOX")
        if (left := int(told.strip().rpartition("=")[2])) != expected:
            raise AssertionError(f"{left} messages are left in INBOX, not {expected}")
    axis = f"{number:,} messages, {_RULES:,} rules"
    yield Row(f"{axis}: memory", "MiB", Sample.of([spent.memory]), goal=Goal(200))
    yield Row(f"{axis}: CPU of the process a message", "µs", Sample.of([spent.cpu / number * 1e6]))
    yield Row(f"{axis}: the whole process", "s", Sample.of([spent.wall]))


def _ours(bench: Bench, server: Dovecot, sources: list[Path], number: int) -> Spent:
    began = time.monotonic()
    _link(server, "ours", sources, number)
    server.doveadm("mailbox", "status", "-u", "ours", "messages", "INBOX")  # it finds them, and numbers them
    bench.say(f"{number:,} messages are there after {time.monotonic() - began:.0f} s")
    config = rule_file(bench.empty_folder(), "ours", server.ports.imap, rules(_RULES))
    spent = measured(python("-m", "mailrules", "apply", "-c", str(config), "--account", "work"))
    bench.say(f"{number:,} messages: {spent}")
    return spent


def _sources(folder: Path, letters: list[Letter]) -> list[Path]:
    """Write each different message once, with a short body: the rules do not look at it."""
    paths = []
    for letter in letters:
        path = folder / str(letter.number)
        path.write_bytes(letter.header + b"Good morning.\r\n")
        paths.append(path)
    return paths


def _link(server: Dovecot, user: str, sources: list[Path], number: int) -> None:
    """Fill a Maildir by links: names with both sizes in them, so that no file is read for these."""
    server.create(user, *map(target, range(TARGETS)))
    inbox = server.folder / "mail" / user / "Maildir" / "cur"
    sizes = [source.stat().st_size for source in sources]
    first = [server.folder / "mail" / user / f"source-{place}" for place in range(len(sources))]
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    for goal, source in zip(first, sources, strict=True):
        goal.write_bytes(source.read_bytes())
        os.chown(goal, owner.pw_uid, owner.pw_gid)
    for each in range(number):
        place = each % len(sources)
        size = sizes[place]
        os.link(first[place], f"{inbox}/{1_700_000_000 + each}.M{each}P1.bench,S={size},W={size}:2,")
