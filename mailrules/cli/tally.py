"""What ``apply`` shows: how far it is, what became of each message or each rule, and what failed."""

import sys
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from mailrules.cli.failures import Failures, Status, complain
from mailrules.cli.output import action_json, count, print_json, print_table
from mailrules.engine.apply import ApplySummary
from mailrules.engine.outcome import ActionDone, Outcome, OutcomeState
from mailrules.rules.text import printable

_FAILED = (OutcomeState.PENDING, OutcomeState.HELD)
_WORDS = {
    OutcomeState.DONE: "done",
    OutcomeState.OBSERVED: "would be acted on",
    OutcomeState.PENDING: "will be tried again",
    OutcomeState.HELD: "held",
    OutcomeState.GONE: "gone meanwhile",
}


class Tally(ABC):
    """Collects what became of the messages, and shows each of them once."""

    def __init__(self, failures: Failures) -> None:
        self.failures = failures
        self._only_observed: dict[tuple[str, int], Outcome] = {}
        self._foretold: set[tuple[str, int]] = set()

    def report(self, outcome: Outcome) -> None:
        """Take in what became of one message, or would become of it.

        What rules in observe mode say of a message comes first, and alone: it waits for what the others do.
        """
        if outcome.state is OutcomeState.DONE and not (self._foretold or self._only_observed):
            self.show(outcome, ())  # as there may be a million
            return
        message = (outcome.mailbox, outcome.uid)
        foretold = outcome.state is OutcomeState.OBSERVED
        if message in self._foretold:
            return
        if foretold and not outcome.rules:
            self._only_observed[message] = outcome
            return
        if foretold:
            self._foretold.add(message)
        if outcome.state in _FAILED:
            self.failures.note(Status.FAILED)
        earlier = self._only_observed.pop(message, None)
        if earlier is None:
            self.show(outcome, ())
        else:
            self.show(replace(outcome, observed=earlier.observed), earlier.actions)

    def through(self, number: int) -> bool:  # noqa: ARG002 - who counts them wants to know
        """Take in that all was done with so many messages; False if each of them is to be reported."""
        return False

    def settle(self) -> None:
        """Show what is still kept back: nothing more will be told of the messages of this account."""
        for outcome in self._only_observed.values():
            self.show(replace(outcome, actions=()), outcome.actions)
        self._only_observed.clear()
        self._foretold.clear()

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[int, int], None]]:
        """Show how far one mailbox is; nothing where nobody looks."""
        if not self._is_watched():
            yield lambda _done, _total: None
            return
        from rich.console import Console  # noqa: PLC0415 - only where somebody looks: it takes long
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        # Standard output is left alone: what is printed there meanwhile may be meant for a file.
        with Progress(
            *columns, console=Console(stderr=True, soft_wrap=True), transient=True, redirect_stdout=False
        ) as bar:
            task = bar.add_task(printable(title), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    def _is_watched(self) -> bool:
        return sys.stderr.isatty()

    @abstractmethod
    def show(self, outcome: Outcome, would: Sequence[ActionDone]) -> None:
        """Show one message; ``would`` is what rules on trial would do with it."""

    @abstractmethod
    def add(self, account: str, mailbox: str, summary: ApplySummary) -> None:
        """Take in what came out of one mailbox."""

    @abstractmethod
    def close(self) -> None:
        """Show what is left to be shown."""


class JsonTally(Tally):
    """One JSON object a message."""

    def _is_watched(self) -> bool:
        return super()._is_watched() and not sys.stdout.isatty()  # where the objects would run into the bar

    def show(self, outcome: Outcome, would: Sequence[ActionDone]) -> None:
        """Print it; what only rules on trial would do is no step."""
        shown: dict[str, object] = {
            "account": outcome.account,
            "mailbox": outcome.mailbox,
            "uid": outcome.uid,
            "matched": outcome.rules,
            "observed": outcome.observed,
            "unknown": outcome.unknown,
            "steps": [action_json(action) for action in outcome.actions],
            "result": outcome.state.value,
        }
        if outcome.observed:
            shown["would"] = [action_json(action) for action in would]
        print_json(shown | {"error": outcome.reason} if outcome.reason else shown)

    def add(self, account: str, mailbox: str, summary: ApplySummary) -> None:
        """Print nothing: it can be counted."""

    def close(self) -> None:
        """Print nothing."""


class TextTally(Tally):
    """A table of rules, and a sentence for each message that could not be handled."""

    def __init__(self, failures: Failures) -> None:
        super().__init__(failures)
        self._matched: dict[tuple[str, str], Mapping[str, int]] = {}
        self._observed: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._results: Counter[str] = Counter()
        self._messages = 0

    def show(self, outcome: Outcome, would: Sequence[ActionDone]) -> None:  # noqa: ARG002 - it counts messages
        """Count it; say what went wrong."""
        only_observed = outcome.state is OutcomeState.OBSERVED and not outcome.rules
        self._results["observed only" if only_observed else _WORDS[outcome.state]] += 1
        if outcome.observed:
            self._observed[outcome.account, outcome.mailbox].update(outcome.observed)
        if outcome.state in _FAILED:
            place = f"{outcome.account} {outcome.mailbox} UID {outcome.uid} {outcome.message_id}".rstrip()
            complain(f"{place}: {outcome.state.value}: {outcome.reason}")

    def through(self, number: int) -> bool:
        """Count them, unless something was foretold of any."""
        if not number or self._foretold or self._only_observed:
            return False
        self._results[_WORDS[OutcomeState.DONE]] += number
        return True

    def add(self, account: str, mailbox: str, summary: ApplySummary) -> None:
        """Keep how often each rule matched."""
        self._messages += summary.messages
        self._matched[account, mailbox] = summary.matched

    def close(self) -> None:
        """Print the table and the sum; nothing, where no mailbox could be looked at."""
        if not self._matched and self.failures.status is not None:
            return
        if rows := list(self._rows()):
            print_table(("Account", "Mailbox", "Rule", "Messages"), rows)
        told = ", ".join(f"{number:,} {words}" for words, number in self._results.items())
        print(f"{count(self._messages, 'message')} looked at: {told or 'nothing to do'}")

    def _rows(self) -> Iterator[tuple[str, str, str, int]]:
        for (account, mailbox), rules in self._matched.items():
            for rule, number in rules.items():
                yield account, mailbox, rule, number
            for rule, number in self._observed[account, mailbox].items():
                yield account, mailbox, f"{rule} (observed only)", number
