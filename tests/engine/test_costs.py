"""What a message of a backlog costs, counted: octets on the line, blocks of memory, writes to the disk.

The bounds have a little room. Who makes one cheaper may lower it; who has to raise one should know why.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mailrules.engine.apply import ApplyMode, apply
from mailrules.engine.process import Path as MessagePath
from mailrules.imap import INBOX
from mailrules.store import Entry
from tests.bench.backlog import fill
from tests.bench.letters import FIELDS, TARGETS, Letter, rules, target
from tests.engine.scene import Scene, scene
from tests.faults.process import rule_file
from tests.servers.dovecot import Dovecot

RULES = 100
FEW, MANY = 100, 700


def filled(dovecot: Dovecot, user: str, number: int) -> Sequence[Letter]:
    """Put so many letters into the user's INBOX."""
    letters = [Letter(each) for each in range(number)]
    dovecot.create(user, *map(target, range(TARGETS)))
    fill(dovecot, user, [letter.header + b"Good morning.\r\n" for letter in letters])
    return letters


async def applied(it: Scene) -> tuple[int, int]:
    """File all that is in INBOX; give the octets that were sent and received."""
    it.proxy.port = it.server.ports.imap  # the proxy would remember all that passes
    it.context = replace(it.context, report=lambda _outcome: None)
    async with it.session() as session:
        connection = session.connection
        await it.directory.refresh(session)
        sent, received = connection.octets_sent, connection.octets_received
        await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda _done, _all: None)
        return connection.octets_sent - sent, connection.octets_received - received


async def test_a_message_costs_few_octets_beside_its_header_fields(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """Asked for are the fields of the rules and what a message is known by; no word is sent for a message alone."""
    number = 1_000
    letters = filled(dovecot, user, number)
    names = {*FIELDS, "DATE", "MESSAGE-ID"}
    fields = sum(_octets_of(letter.header, names) for letter in letters)
    async with scene(dovecot, user, tmp_path, rules(RULES)) as it:
        sent, received = await applied(it)
    assert sent / number < 5
    assert (received - fields) / number < 190


def _octets_of(header: bytes, names: set[str]) -> int:
    """Count the octets of these fields, and of the lines that they go on in."""
    fields = header.replace(b"\r\n ", b"\0 ").replace(b"\r\n\t", b"\0\t").split(b"\r\n")
    return sum(
        len(field) + 2 + field.count(b"\0") for field in fields if field.split(b":")[0].decode().upper() in names
    )


async def test_a_message_takes_few_blocks_of_memory_until_it_is_journalled(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment in which most is known of it: what was fetched, the verdict and its reasons, and the entry."""
    blocks: list[int] = []
    act = MessagePath.act

    async def counted(self: MessagePath, entries: Sequence[Entry], *rest: object) -> None:
        gc.collect()
        blocks.append(sys.getallocatedblocks())
        await act(self, entries, *rest)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(MessagePath, "act", counted)
    async with scene(dovecot, user, tmp_path, rules(RULES)) as it:
        for number in (FEW, FEW, MANY):  # the first time makes what stays
            filled(dovecot, user, number)
            await applied(it)
    _, few, many = blocks
    assert (many - few) / (MANY - FEW) < 52


def test_a_batch_costs_as_many_syncs_of_the_disk_whatever_its_size(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """Those of the whole process, which also makes the state."""
    syncs = [syncs_of(dovecot, f"{user}-{number}", tmp_path / str(number), number) for number in (10, 900)]
    assert syncs[0] == syncs[1] <= 8


def syncs_of(dovecot: Dovecot, user: str, folder: Path, number: int) -> int:
    """File a backlog of one window, and count."""
    filled(dovecot, user, number)
    folder.mkdir()
    config = rule_file(folder, user, dovecot.ports.imap, rules(RULES))
    trace = folder / "trace"
    strace = ["strace", "-f", "-y", "-o", str(trace), "-etrace=fsync,fdatasync"]
    command = [*strace, sys.executable, "-m", "mailrules", "apply", "-c", str(config), "--account", "work"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return trace.read_text().count("state.db-wal>")
