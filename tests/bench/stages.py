"""Where the processor's time goes on the way of a backlog: ``python -m tests.bench profile`` (microseconds a message).

``mailrules apply`` runs in a process in which the functions that begin a stage are wrapped. A stage's time is that of
the main thread while it runs, without the stages that it calls; a coroutine's waiting does not count. What the store's
thread does beside it stands by itself.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, ParamSpec, TypeVar

from rich.console import Console
from rich.table import Table

from mailrules.cli import main as mailrules
from tests.bench.letters import rules
from tests.bench.page import fill
from tests.bench.stock import Stock
from tests.faults.process import rule_file
from tests.servers.dovecot import Dovecot

P = ParamSpec("P")
T = TypeVar("T")

WHOLE = "mailrules.engine.apply:apply"
STAGES = {
    "reading: octets to the data of each message": "mailrules.imap.protocol:ClientProtocol.receive_data",
    "reading: the message and its fingerprint": "mailrules.engine.reading:Fetched.of",
    "matching: header to verdict": "mailrules.rules.ruleset:Ruleset.evaluate",
    "lowering: verdicts to entries": "mailrules.engine.drafting:entries_for",
    "journal: begin": "mailrules.store.sqlite:SqliteStore.begin",
    "execute: commands and their answers": "mailrules.engine.executor:Executor.run",
    "journal: record": "mailrules.store.sqlite:SqliteStore.record",
    "report": "mailrules.engine.process:Path.report_all",
}
BESIDE = {
    "the loop and all else": WHOLE,
    "the store's thread": "mailrules.store.writer:Writer",
}
RULES = 1_000
ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Clock:
    """Adds up what each stage takes by itself."""

    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _inner: list[float] = field(default_factory=list)
    """For each stage that runs now, how long those that it called took."""

    @contextmanager
    def step(self, stage: str) -> Generator[None]:
        """Run a stage, or a stretch of it."""
        self._inner.append(0.0)
        begun = time.thread_time()
        try:
            yield
        finally:
            took = time.thread_time() - begun
            self.spent[stage] += took - self._inner.pop()
            if self._inner:
                self._inner[-1] += took

    def plain(self, stage: str, function: Callable[P, T]) -> Callable[P, T]:
        """Wrap a function."""

        @functools.wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.step(stage):
                return function(*args, **kwargs)

        return timed

    def coroutine(
        self, stage: str, function: Callable[P, Coroutine[object, object, T]]
    ) -> Callable[P, Coroutine[object, object, T]]:
        """Wrap a coroutine function: each stretch between two waits is a step."""

        @functools.wraps(function)
        async def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            return await _Stretches(self, stage, function(*args, **kwargs))

        return timed


class _Stretches(Generic[T]):
    """Awaits a coroutine, and times what it does between two waits."""

    def __init__(self, clock: Clock, stage: str, inner: Coroutine[object, object, T]) -> None:
        self._clock, self._stage, self._inner = clock, stage, inner

    def __await__(self) -> Generator[object, object, T]:
        sent: object = None
        failure: BaseException | None = None
        while True:
            try:
                with self._clock.step(self._stage):
                    waited = self._inner.send(sent) if failure is None else self._inner.throw(failure)
            except StopIteration as end:
                value: T = end.value
                return value
            failure = None
            try:
                sent = yield waited
            except BaseException as error:  # noqa: BLE001 - whatever it is, the coroutine is to have it
                failure = error


def owner_of(place: str) -> tuple[object, str]:
    """Find the module or class that has what ``module:Class.name`` names. Raises AttributeError."""
    module, _, path = place.partition(":")
    owner: object = importlib.import_module(module)
    *classes, name = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    inspect.getattr_static(owner, name)
    return owner, name


def wrap(place: str, wrapped: Callable[..., object]) -> None:
    """Put a wrapped function where the function was, and where modules have taken it by name."""
    owner, name = owner_of(place)
    original = inspect.getattr_static(owner, name)
    if isinstance(original, classmethod):
        setattr(owner, name, classmethod(wrapped))
        return
    setattr(owner, name, wrapped)
    for module in [each for each in sys.modules.values() if each.__name__.startswith("mailrules")]:
        for taken, value in list(vars(module).items()):
            if value is original:
                setattr(module, taken, wrapped)


def original_of(place: str) -> Callable[..., object]:
    """Give the function itself, of a class method too."""
    owner, name = owner_of(place)
    found = inspect.getattr_static(owner, name)
    function = found.__func__ if isinstance(found, classmethod) else found
    assert callable(function)
    return function


def child(config: str, told: str) -> None:
    """Be ``mailrules apply`` with its stages wrapped; write down what each took."""
    importlib.import_module("mailrules.cli.apply")
    clock = Clock()
    whole: list[float] = []
    for stage, place in STAGES.items():
        function = original_of(place)
        kind = clock.coroutine if inspect.iscoroutinefunction(function) else clock.plain
        wrap(place, kind(stage, function))  # type: ignore[arg-type]  # it is what was asked for
    apply = original_of(WHOLE)

    async def timed(*args: object, **kwargs: object) -> object:
        clock.spent.clear()
        process, thread = time.process_time(), time.thread_time()
        result = await apply(*args, **kwargs)  # type: ignore[misc]  # a coroutine
        whole.extend((time.process_time() - process, time.thread_time() - thread))
        return result

    wrap(WHOLE, timed)
    sys.argv = ["mailrules", "apply", "-c", config, "--account", "work"]
    try:
        mailrules()
    finally:
        process, thread = whole
        rest = thread - sum(clock.spent.values())
        beside = zip(BESIDE, (rest, process - thread), strict=True)
        Path(told).write_text(json.dumps({**{stage: clock.spent[stage] for stage in STAGES}, **dict(beside)}))


def main(runs: int, pages: Sequence[Path], *, quick: bool) -> None:
    """Measure backlogs on a real server, print the stages, and put them into pages that have a place for them."""
    number = 500 if quick else 10_000
    found = [_measured(number) for _ in range(runs)]
    spent = {stage: statistics.median(one[stage] for one in found) / number * 1e6 for stage in found[0]}
    together = sum(spent.values())
    title = f"{number:,} messages, {RULES:,} rules"
    table = Table("stage", "µs a message", title=title, title_justify="left")
    table.columns[1].justify = "right"
    for stage, microseconds in spent.items():
        table.add_row(stage, f"{microseconds:.1f}")
    table.add_section()
    table.add_row("together", f"{together:.1f}")
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    for page in pages:
        fill(page, {"profile": f"{_markdown(spent, together, page.parent)}\n\n{title}; {_of(runs)}."})


def _measured(number: int) -> dict[str, float]:
    """File a backlog; give the seconds of each stage."""
    with tempfile.TemporaryDirectory() as name, Dovecot() as server:
        user = Stock(server, number).user()
        config, told = rule_file(Path(name), user, server.ports.imap, rules(RULES)), Path(name) / "told"
        command = [sys.executable, "-m", "tests.bench.stages", str(config), str(told)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        spent: dict[str, float] = json.loads(told.read_text())
    return spent


def _markdown(spent: Mapping[str, float], together: float, folder: Path) -> str:
    """Write the stages, each with where it begins, as links from a page in this folder."""
    lines = ["| stage | begins in | µs a message |", "|---|---|---:|"]
    lines += [f"| {stage} | {_link(stage, folder)} | {microseconds:.1f} |" for stage, microseconds in spent.items()]
    return "\n".join([*lines, f"| **together** | | **{together:.1f}** |"])


def _link(stage: str, folder: Path) -> str:
    place = {**STAGES, **BESIDE}[stage]
    path = ROOT / f"{place.partition(':')[0].replace('.', '/')}.py"
    return f"[{path.relative_to(ROOT)}]({os.path.relpath(path, folder.resolve())}): `{place.partition(':')[2]}`"


def _of(runs: int) -> str:
    return "once" if runs == 1 else f"the median of {runs} runs for each stage"


if __name__ == "__main__":
    child(*sys.argv[1:])
