"""Shows entries of the history: on a terminal in words and colours, elsewhere a line each, JSON where asked for."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from rich.text import Text

from mailrules.cli.lookback import Names
from mailrules.cli.output import action_json, console, print_json, print_row
from mailrules.cli.reasons import condition_lines
from mailrules.engine.journal import is_met_again
from mailrules.engine.outcome import ActionDone, ActionKind, Outcome
from mailrules.rules.text import printable
from mailrules.store import Entry, EntryState
from mailrules.values import value

_DONE = {
    ActionKind.ADD_FLAGS: "added",
    ActionKind.REMOVE_FLAGS: "removed",
    ActionKind.SET_FLAGS: "flags set to",
    ActionKind.COPY: "copied to",
    ActionKind.MOVE: "moved to",
    ActionKind.EXPUNGE: "expunged",
}
_TO_DO = {
    ActionKind.ADD_FLAGS: "add",
    ActionKind.REMOVE_FLAGS: "remove",
    ActionKind.SET_FLAGS: "set flags to",
    ActionKind.COPY: "copy to",
    ActionKind.MOVE: "move to",
    ActionKind.EXPUNGE: "expunge",
}
_STYLES = {
    EntryState.HELD: "bold red",
    EntryState.PENDING: "yellow",
    EntryState.BEGUN: "yellow",
    EntryState.GONE: "dim",
}
_STATES = {EntryState.BEGUN: "in hand", EntryState.PENDING: "waits", EntryState.HELD: "held", EntryState.GONE: "gone"}


@value(frozen=True, slots=True)
class View:
    """How entries are shown."""

    names: Names
    timezone: tzinfo
    why: bool

    def terminal(self, entry: Entry, undo: Entry | None) -> None:
        """Show an entry in two or three lines, and the reasons below."""
        outcome, out = self.names.outcome(entry), console()
        head = Text.assemble(
            (f"#{entry.id}", "cyan"), f"  {self._when(entry.begun)}  ", (printable(entry.account), "dim"), "  "
        )
        out.print(head + Text(f"{printable(outcome.mailbox)}: ") + Text(printable(_words(entry, outcome)), "bold"))
        who = ": ".join(filter(None, (entry.sender, entry.subject))) or entry.message_id
        rules = f"rule {', '.join(entry.rules)}" if entry.rules else ""
        for line in filter(None, (who, rules)):
            out.print(Text(f"    {printable(line)}", "dim" if line == rules else ""))
        for line, style in self._remarks(entry, undo):
            out.print(Text(f"    {printable(line)}", style))
        self._print_reasons(outcome)

    def row(self, entry: Entry, undo: Entry | None) -> None:
        """Print an entry as fields parted by tabs, and the reasons below."""
        outcome = self.names.outcome(entry)
        state = f"undone by {undo.id}" if undo else _state(entry)
        what = (entry.account, outcome.mailbox, _words(entry, outcome), ", ".join(entry.rules))
        print_row((entry.id, self._iso(entry.begun), *what, entry.sender, entry.subject, state, entry.reason))
        self._print_reasons(outcome)

    def json(self, entry: Entry, undo: Entry | None) -> None:
        """Print an entry as an object."""
        outcome = self.names.outcome(entry)
        print_json(
            {
                "id": entry.id,
                "account": entry.account,
                "mailbox": outcome.mailbox,
                "uid": entry.uid,
                "uidvalidity": entry.uidvalidity,
                "message_id": entry.message_id,
                "sender": entry.sender,
                "subject": entry.subject,
                "internaldate": self._iso(entry.internaldate),
                "begun": self._iso(entry.begun),
                "finished": self._iso(entry.finished),
                "state": _state(entry),
                "rules": entry.rules,
                "actions": [action_json(action) for action in outcome.actions],
                "reason": entry.reason,
                "trace": json.loads(entry.trace or "[]"),
                "undoes": entry.undoes,
                "undone_by": undo.id if undo else None,
                "attempts": entry.attempts,
                "due": self._iso(entry.due),
                "retried": self._iso(entry.retried),
            }
        )

    def show(self, entries: Sequence[Entry], undone: Mapping[int, Entry], *, as_json: bool) -> None:
        """Show a page."""
        show = self.json if as_json else self.terminal if sys.stdout.isatty() else self.row
        for entry in entries:
            show(entry, undone.get(entry.id or 0))
        sys.stdout.flush()

    def _remarks(self, entry: Entry, undo: Entry | None) -> Iterator[tuple[str, str]]:
        """Say of an entry that is not simply done how it is, with its colour."""
        reason = f": {entry.reason}" if entry.reason else ""
        if is_met_again(entry):
            yield _state(entry), _STYLES[entry.state]
        elif entry.state in _STATES:
            when = f" until {self._when(entry.due)}" if entry.due else ""
            yield f"{_STATES[entry.state]}{when}{reason}", _STYLES[entry.state]
        elif reason:
            yield entry.reason, "yellow"
        if undo is not None:
            yield f"undone by #{undo.id}", "magenta"

    def _print_reasons(self, outcome: Outcome) -> None:
        out = console()
        for trace in outcome.trace if self.why else ():
            out.print(Text(f"    rule {json.dumps(printable(trace.rule), ensure_ascii=False)} matched"))
            for condition in trace.conditions:
                for line in condition_lines(condition, "      "):
                    out.print(line)

    def _when(self, moment: datetime | None) -> str:
        """Write a time for people, in the rule file's time zone."""
        return f"{moment.astimezone(self.timezone):%Y-%m-%d %H:%M:%S}" if moment else ""

    def _iso(self, moment: datetime | None) -> str | None:
        """Write a time for machines, in the same zone: ISO 8601."""
        return moment.astimezone(self.timezone).isoformat(timespec="seconds") if moment else None


def _state(entry: Entry) -> str:
    """Name an entry's state as scripts read it."""
    return "met again" if is_met_again(entry) else entry.state.value


def _words(entry: Entry, outcome: Outcome) -> str:
    """Say what was done, or what is to be done where it is not."""
    verbs = _DONE if entry.state is EntryState.DONE else _TO_DO
    said = ", ".join(_action(action, verbs[action.kind]) for action in outcome.actions)
    if entry.undoes is None:
        return said or "nothing done"
    return f"took back #{entry.undoes}: {said or 'nothing was left to do'}"


def _action(action: ActionDone, verb: str) -> str:
    return " ".join((verb, *([action.target] if action.target is not None else action.flags)))
