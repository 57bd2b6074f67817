"""What ``apply`` shows: how far it is, what became of each message or each rule, and what failed."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mailrules.cli.failures import Status, complain
from mailrules.cli.output import count, print_json, print_table
from mailrules.daemon.cleaning import cleaned
from mailrules.engine.apply import ApplySummary
from mailrules.engine.outcome import ActionDone, Outcome, OutcomeState

_FAILED = {OutcomeState.PENDING, OutcomeState.HELD}


class Tally(ABC):
    """Collects what became of the messages. ``status`` is the exit status: that of the first failure, None for none."""

    def __init__(self) -> None:
        self.status: Status | None = None

    def fail(self, text: str, status: Status) -> None:
        """Say what failed."""
        complain(text)
        self.status = self.status or status

    def report(self, outcome: Outcome) -> None:
        """Take in what became of one message, or would become of it."""
        if outcome.state in _FAILED:
            self.status = self.status or Status.FAILED
        self.show(outcome)

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[int, int], None]]:
        """Show how far one mailbox is; nothing where nobody looks."""
        if not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(cleaned(title), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    @abstractmethod
    def show(self, outcome: Outcome) -> None:
        """Show one message."""

    @abstractmethod
    def add(self, account: str, mailbox: str, summary: ApplySummary) -> None:
        """Take in what came out of one mailbox."""

    @abstractmethod
    def close(self) -> None:
        """Show what is left to be shown."""


class JsonTally(Tally):
    """One JSON object a message."""

    def show(self, outcome: Outcome) -> None:
        """Print it."""
        shown: dict[str, object] = {
            "account": outcome.account,
            "mailbox": outcome.mailbox,
            "uid": outcome.uid,
            "matched": outcome.rules,
            "observed": outcome.observed,
            "unknown": outcome.unknown,
            "steps": [_step(action) for action in outcome.actions],
            "result": outcome.state.value,
        }
        print_json(shown | {"error": outcome.reason} if outcome.reason else shown)

    def add(self, account: str, mailbox: str, summary: ApplySummary) -> None:
        """Print nothing: it can be counted."""

    def close(self) -> None:
        """Print nothing."""


class TextTally(Tally):
    """A table of rules, and a sentence for each message that could not be handled."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, str, str, str]] = []
        self._counts = dict.fromkeys(OutcomeState, 0)
        self._messages = 0

    def show(self, outcome: Outcome) -> None:
        """Count it; say what went wrong."""
        self._counts[outcome.state] += 1
        if outcome.state in _FAILED:
            place = f"{outcome.account} {outcome.mailbox} UID {outcome.uid} {outcome.message_id}"
            complain(f"{place}: {outcome.state.value}: {outcome.reason}")

    def add(self, account: str, mailbox: str, summary: ApplySummary) -> None:
        """Keep one row a rule."""
        self._messages += summary.messages
        self._rows += [(account, mailbox, rule, f"{number}") for rule, number in summary.matched.items()]

    def close(self) -> None:
        """Print the table and the sum."""
        if self._rows:
            print_table(("Account", "Mailbox", "Rule", "Messages"), self._rows)
        words = {
            OutcomeState.DONE: "done",
            OutcomeState.OBSERVED: "would be acted on",
            OutcomeState.PENDING: "will be tried again",
            OutcomeState.HELD: "held",
            OutcomeState.GONE: "gone meanwhile",
        }
        told = [f"{number} {words[state]}" for state, number in self._counts.items() if number]
        print(f"{count(self._messages, 'message')} looked at: {', '.join(told) or 'nothing to do'}")


def _step(action: ActionDone) -> dict[str, object]:
    return {action.kind.value: action.target if action.target is not None else list(action.flags) or True}
