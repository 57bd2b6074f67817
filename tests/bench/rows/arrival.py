"""A new message: from the server's word that it came to the OK for its move, 25 ms each way, and the round trips."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tests.bench import floor, imapfilter
from tests.bench.bench import Bench
from tests.bench.imapfilter import Style
from tests.bench.letters import FIELDS, TARGETS, Letter, rules, target
from tests.bench.programs import Program, python, started
from tests.bench.relay import Passed, Relay, Setting
from tests.bench.table import Against, Goal, Row, Sample
from tests.bench.wire import Filing, filings_of, read
from tests.faults.process import rule_file
from tests.servers.dovecot import PASSWORD, Dovecot

_DELAY = 0.025  # seconds each way
_QUIET = 0.4  # seconds in IDLE without a word, after which nothing more comes of the message before
_TOO_LONG = 5.0  # seconds for a message, after which one must do
_LIMIT = 180.0  # seconds


@dataclass(frozen=True, slots=True)
class Way:
    """How new mail is told: the floor's word for it, what is hidden, and how many round trips are needed."""

    name: str
    floor: str
    hidden: str
    trips: int


_WAYS = (Way("NOTIFY", "notify", "", 1), Way("IDLE only", "idle", "NOTIFY", 2))

Make = Callable[[int, str], Program]
"""Makes a program for the port and the user."""


def rows(bench: Bench) -> Iterator[Row]:
    """Measure both ways; imapfilter knows IDLE only."""
    samples = bench.either(10, 2)
    many = bench.either(1_000, 100)
    with Dovecot() as server:
        for way in _WAYS:
            programs = _programs(bench, way, many)
            found: dict[str, list[Filing]] = defaultdict(list)
            with Relay(Setting(server.ports.imap, _DELAY, way.hidden)) as relay:
                for turn, (name, (make, number)) in itertools.product(range(bench.runs), programs.items()):
                    if turn and name not in ("floor", "mailrules"):
                        continue  # no goal is a multiple of its time: one run
                    user = f"{way.floor}-{turn}-{len(name)}-{number}-{name[-1]}"
                    found[name] += _files(server, relay, make, user, number, samples)
                    last = found[name][-1]
                    bench.say(f"{way.name}: {name}: {last.seconds * 1000:.0f} ms, {last.trips} round trips")
            yield from _rows(way, many, found)


def _programs(bench: Bench, way: Way, many: int) -> Mapping[str, tuple[Make, int]]:
    """Give the programs with the number of their rules."""

    def ground(port: int, user: str) -> Program:
        return python(floor.__file__, way.floor, str(port), user, PASSWORD, " ".join(FIELDS), target(0))

    def peer(style: Style, number: int) -> Make:
        def make(port: int, user: str) -> Program:
            folder = bench.empty_folder()
            config = imapfilter.write(folder, style, number, user=user, port=port, loop=True)
            return Program(imapfilter.command(config), imapfilter.environment(folder))

        return make

    def ours(port: int, user: str) -> Program:
        return python("-m", "mailrules", "run", "-c", str(rule_file(bench.empty_folder(), user, port, rules(many))))

    peers: dict[str, tuple[Make, int]] = {}
    if way.hidden and imapfilter.available():
        peers[Style.LUA.value] = peer(Style.LUA, many), many
        for number in bench.either((10, 100, 1_000), (10,)):
            peers[f"{Style.SEARCH.value}, {number:,} rules"] = peer(Style.SEARCH, number), number
    return {"floor": (ground, many), **peers, "mailrules": (ours, many)}


def _files(server: Dovecot, relay: Relay, make: Make, user: str, number: int, samples: int) -> list[Filing]:
    """Run a program, and bring it one message after the other that the rule in the middle moves."""
    server.create(user, *map(target, range(TARGETS)))
    letter = next(letter for letter in map(Letter, itertools.count()) if letter.rule == number // 8 * 4)
    relay.noted()
    passed: list[Passed] = []
    filings: list[Filing] = []
    with started(make(relay.port, user)):
        while len(filings) < samples and not (filings and filings[-1].seconds > _TOO_LONG):
            _await(relay, passed, _at_rest)
            server.deliver(user, letter.octets())
            _await(relay, passed, partial(_filed, len(filings) + 1))
            filings = filings_of(passed)
    return filings


def _await(relay: Relay, passed: list[Passed], holds: Callable[[list[Passed]], bool]) -> None:
    until = time.monotonic() + _LIMIT
    while not holds(passed):
        if time.monotonic() > until:
            raise TimeoutError(
                f"nothing came of it; the last commands: {[one.name for one in read(passed).commands][-9:]}"
            )
        time.sleep(0.02)
        passed += relay.noted()


def _filed(number: int, passed: list[Passed]) -> bool:
    return len(filings_of(passed)) >= number


def _at_rest(passed: list[Passed]) -> bool:
    """Whether the client is in IDLE, and has been for a moment."""
    if not passed or time.monotonic() - passed[-1].went < _QUIET:
        return False
    commands = read(passed).commands
    return bool(commands) and commands[-1].name == "IDLE"


def _rows(way: Way, many: int, found: Mapping[str, list[Filing]]) -> Iterator[Row]:
    milliseconds = {name: Sample.of(filing.seconds * 1000 for filing in filings) for name, filings in found.items()}
    trips = {name: Sample.of(float(filing.trips) for filing in filings) for name, filings in found.items()}
    axis = f"new mail by {way.name}, {many:,} rules: EXISTS to moved"
    ours, ground = milliseconds.pop("mailrules"), milliseconds.pop("floor")
    yield Row(f"{axis}, 25 ms each way", "ms", ours, ground, milliseconds, Goal(1.3, Against.FLOOR))
    ours, ground = trips.pop("mailrules"), trips.pop("floor")
    yield Row(f"{axis}: round trips", "", ours, ground, trips, Goal(way.trips), counted=True)
