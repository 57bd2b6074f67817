"""What it costs to look at a message that no rule matches: from the octets of its header to the plan, on one core.

mailrules is measured in this process, over 20,000 different headers; Pigeonhole over the first of the same messages, as
what it takes above an empty script. Seconds are those of the processor.
"""

from __future__ import annotations

import gc
import itertools
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailrules.rules import Facts, Ruleset
from tests.bench import sieve
from tests.bench.bench import Bench
from tests.bench.matching import compiled, messages, seconds
from tests.bench.mixed import headers, mixed_rules
from tests.bench.table import Against, Goal, Row, Sample

FEW, MANY = 10, 10_000
_AXIS = "no rule matches: header to plan"
_PEER = "Pigeonhole"
_BODY = b"Lorem ipsum dolor sit amet, consectetur adipiscing elit.\r\n"
_SIZES = (2_600, 4_100, 7_300, 10_800, 15_900, 22_000, 54_000)
_HELD = 1_000
_MESSAGES = ((5_000, 100), (1_000, 400), (0, 2_000))
"""How many messages Pigeonhole gets with how many rules: seconds of them, each time."""
_FACTS = Facts(now=datetime(2025, 6, 15, 12, 0, tzinfo=UTC), timezone=UTC, account="work", mailbox="INBOX")


@dataclass(frozen=True, slots=True)
class Peer:
    """Pigeonhole with a mailbox of so many messages, an empty script, and the rules."""

    mailbox: sieve.Filter
    number: int
    empty: Path
    script: Path
    times: int
    """How often each is run; the least counts, since what few rules take is little beside the reading of the mail."""

    def microseconds(self) -> float:
        """Give what the rules cost for a message, above nothing."""
        spent = [(self.mailbox.seconds(self.empty), self.mailbox.seconds(self.script)) for _ in range(self.times)]
        return (min(script for _, script in spent) - min(empty for empty, _ in spent)) / self.number * 1e6


def rows(bench: Bench) -> Iterator[Row]:
    """Measure few and many rules."""
    blocks = list(headers(bench.either(20_000, 1_000)))
    ours: dict[int, list[float]] = defaultdict(list)
    peers: dict[int, list[float]] = defaultdict(list)
    numbers = bench.either((FEW, 100, 1_000, 5_000, MANY, 100_000), (FEW, 100, 1_000))
    rulesets = {number: compiled(mixed_rules(number)) for number in numbers}
    gc.freeze()  # as the daemon has it: else the collector goes over all of them while one is measured
    beside = {number: _beside(bench, number, blocks) for number in numbers if number <= MANY and sieve.available()}
    for _, number in itertools.product(range(bench.runs), numbers):
        ours[number].append(seconds(rulesets[number], blocks) / len(blocks) * 1e6)
        if number in beside:
            peers[number].append(beside[number].microseconds())
        beside_it = f", {_PEER} {peers[number][-1]:.0f} µs" if number in beside else ""
        bench.say(f"{number:,} rules: mailrules {ours[number][-1]:.0f} µs a message{beside_it}")
    for number in numbers:
        named = {_PEER: Sample.of(peers[number])} if peers[number] else {}
        goal = Goal(100) if number == MANY else Goal(1, Against.PEER) if number >= 100 and named else None
        yield Row(f"{_AXIS}, {number:,} rules", "µs", Sample.of(ours[number]), peers=named, goal=goal)
    last = MANY if MANY in ours else numbers[-1]
    grown = [many / few for many, few in zip(ours[last], ours[FEW], strict=True)]
    yield Row(f"{_AXIS}, {last:,} rules: times that with {FEW}", "", Sample.of(grown), goal=Goal(2))
    held = _blocks_held(rulesets[last], blocks[:_HELD])
    yield Row(f"{_AXIS}, {last:,} rules: blocks of memory held a message", "", Sample.of([held]), counted=True)


def _beside(bench: Bench, number: int, blocks: Sequence[bytes]) -> Peer:
    """Give Pigeonhole with so many messages that it takes seconds, and the rules compiled; none of them may match."""
    folder = bench.empty_folder()
    bench.folder.chmod(0o755)  # it reads them as another user
    some = blocks[: next(most for least, most in _MESSAGES if number >= least)]
    mails = (block + _BODY * (size // len(_BODY)) for block, size in zip(some, itertools.cycle(_SIZES)))
    mailbox = sieve.Filter(folder, mails)
    empty, script = mailbox.compiled(sieve.EMPTY), mailbox.compiled(sieve.script(mixed_rules(number)))
    if filed := mailbox.filed(script):
        raise AssertionError(f"{filed} messages matched one of {number} rules in {_PEER}")
    return Peer(mailbox, len(some), empty, script, 5 if number < 1_000 else 1)


def _blocks_held(rules: Ruleset, blocks: Sequence[bytes]) -> float:
    """Count the blocks that a message and its verdict take of Python's allocator, as long as they are kept."""
    seconds(rules, list(blocks))
    kept: list[object] = []
    before = sys.getallocatedblocks()
    for message in messages(list(blocks)):
        kept += [message, rules.evaluate(message, _FACTS)]
    return round((sys.getallocatedblocks() - before) / len(blocks), 1)
