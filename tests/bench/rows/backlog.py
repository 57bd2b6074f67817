"""A backlog is filed: from SELECT's OK to the last OK on the wire, the whole process, and what can be counted of it."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.bench import floor, imapfilter
from tests.bench.bench import Bench
from tests.bench.imapfilter import Style
from tests.bench.letters import FIELDS, rules
from tests.bench.programs import Program, Spent, measured, python
from tests.bench.relay import Relay, Setting
from tests.bench.stock import Stock
from tests.bench.table import Against, Goal, Row, Sample
from tests.bench.wire import Work, work_of
from tests.faults.process import rule_file
from tests.servers.dovecot import PASSWORD, Dovecot

FLOOR, OURS = "floor", "mailrules"
_DELAY = 0.025  # seconds each way: a line across a continent
_PROMISED = 1_000  # rules for which there are goals: only with these is it measured more than once
_CALLS = re.compile(r"^\s*\d[\d.]*\s+[\d.]+\s+\d+\s+(\d+)\s.*(?:fsync|fdatasync)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One program's run over the backlog."""

    work: Work
    spent: Spent
    left: int
    """How many messages are in INBOX after it."""


@dataclass(frozen=True, slots=True)
class Case:
    """So many messages and rules, so many seconds each way."""

    messages: int
    rules: int
    delay: float

    def __str__(self) -> str:
        line = f"{self.delay * 1000:.0f} ms each way" if self.delay else "no delay"
        return f"{self.messages:,} messages, {self.rules:,} rules, {line}"


def rows(bench: Bench) -> Iterator[Row]:
    """Measure backlogs with few and many rules, near and far."""
    with Dovecot() as server:
        stock = Stock(server, bench.either(10_000, 200))
        _prove_relay(bench, stock)
        for number in bench.either((10, 100, 1_000), (100,)):
            for delay in (0.0, _DELAY):
                case = Case(stock.messages, number, delay)
                found = _outcomes(bench, stock, case)
                yield from _timed(case, found)
                if not delay:
                    yield from _counted(case, found)
        if shutil.which("strace") and not bench.quick:
            case = Case(stock.messages, 1_000, 0.0)
            yield Row(f"{case}: fsyncs", "", Sample.of([_fsyncs(bench, stock, case)]), counted=True)


def _programs(bench: Bench, stock: Stock, case: Case) -> Mapping[str, Callable[[int, str], Program]]:
    """Give the programs, each to be made for a port and a user."""

    def ground(port: int, user: str) -> Program:
        plan = bench.empty_folder() / "plan.json"
        plan.write_text(json.dumps(stock.plan(case.rules)))
        return python(floor.__file__, "backlog", str(port), user, PASSWORD, " ".join(FIELDS), str(plan))

    def peer(style: Style) -> Callable[[int, str], Program]:
        def make(port: int, user: str) -> Program:
            folder = bench.empty_folder()
            config = imapfilter.write(folder, style, case.rules, user=user, port=port)
            return Program(imapfilter.command(config), imapfilter.environment(folder))

        return make

    def ours(port: int, user: str) -> Program:
        return _apply(bench, port, user, case)

    # Lua costs a round trip a message, whatever the rules are: far away that is nine minutes, and known beforehand.
    far = [] if bench.quick else [Style.SEARCH, Style.GATHER]
    peers = {style.value: peer(style) for style in (far if case.delay else Style) if imapfilter.available()}
    return {FLOOR: ground, **peers, OURS: ours}


def _apply(bench: Bench, port: int, user: str, case: Case) -> Program:
    config = rule_file(bench.empty_folder(), user, port, rules(case.rules))
    return python("-m", "mailrules", "apply", "-c", str(config), "--account", "work")


def _outcomes(bench: Bench, stock: Stock, case: Case) -> Mapping[str, Sequence[Outcome]]:
    found: dict[str, list[Outcome]] = defaultdict(list)
    programs = _programs(bench, stock, case)
    with Relay(Setting(stock.server.ports.imap, case.delay)) as relay:
        for turn in range(bench.runs if case.rules >= _PROMISED else 1):
            for name, make in programs.items():
                if turn and name not in (FLOOR, OURS):
                    continue  # no goal is a multiple of theirs, and they take minutes: once
                user = stock.user()
                spent = measured(make(relay.port, user), relay.watch)
                outcome = Outcome(work_of(relay.noted()), spent, stock.left(user))
                found[name].append(outcome)
                bench.say(f"{case}: {name} {outcome.work.seconds:.2f} s, {outcome.work.trips} round trips")
    expected = sum(place is None for place in stock.plan(case.rules))
    for name in (FLOOR, OURS):
        if any(outcome.left != expected for outcome in found[name]):
            raise AssertionError(f"{name} left {[outcome.left for outcome in found[name]]}, not {expected}")
    return found


def _row(
    found: Mapping[str, Sequence[Outcome]], axis: str, unit: str, value: Callable[[Outcome], float], goal: Goal | None
) -> Row:
    samples = {name: Sample.of(map(value, outcomes)) for name, outcomes in found.items()}
    ours, ground = samples.pop(OURS), samples.pop(FLOOR)
    return Row(axis, unit, ours, ground, samples, goal, counted=not unit)


def _timed(case: Case, found: Mapping[str, Sequence[Outcome]]) -> Iterator[Row]:
    many = case.rules >= _PROMISED
    near = many and not case.delay
    by_floor = Goal(1.3, Against.FLOOR)
    yield _row(found, f"{case}: SELECT's OK to the last OK", "s", lambda o: o.work.seconds, by_floor if many else None)
    whole = Goal(1.6, Against.FLOOR) if many else None
    yield _row(found, f"{case}: the whole process", "s", lambda o: o.spent.wall, whole)
    if not case.delay:
        each = Goal(40) if near else None
        yield _row(found, f"{case}: client CPU a message", "µs", lambda o: o.work.cpu / case.messages * 1e6, each)
        yield _row(found, f"{case}: memory", "MiB", lambda o: o.spent.memory, None)


def _counted(case: Case, found: Mapping[str, Sequence[Outcome]]) -> Iterator[Row]:
    yield _row(found, f"{case}: round trips", "", lambda o: o.work.trips, None)
    yield _row(found, f"{case}: commands", "", lambda o: o.work.commands, None)
    yield _row(found, f"{case}: KB sent", "", lambda o: o.work.up / 1000, None)
    yield _row(found, f"{case}: KB received", "", lambda o: o.work.down / 1000, None)


def _fsyncs(bench: Bench, stock: Stock, case: Case) -> float:
    user = stock.user()
    program = _apply(bench, stock.server.ports.imap, user, case)
    told = bench.empty_folder() / "strace"
    traced = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(told)]
    measured(Program([*traced, *program.command], program.environment))
    stock.left(user)
    return sum(map(int, _CALLS.findall(told.read_text())))


def _prove_relay(bench: Bench, stock: Stock) -> None:
    """Show beside each other what the floor takes straight to the server and through the relay."""
    case = Case(stock.messages, 1_000, 0.0)
    ground = _programs(bench, stock, case)[FLOOR]
    straight: list[float] = []
    relayed: list[float] = []
    with Relay(Setting(stock.server.ports.imap)) as relay:
        for _ in range(bench.runs):
            for port, seconds in ((stock.server.ports.imap, straight), (relay.port, relayed)):
                user = stock.user()
                seconds.append(measured(ground(port, user)).wall)
                stock.left(user)
    bench.say(f"floor, whole process: {Sample.of(straight)} s straight, {Sample.of(relayed)} s through the relay")
