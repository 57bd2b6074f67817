"""What the demo shows: each mail with the rule that took it and why, then the mailboxes as a tree."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from mailrules.cli.output import action_json, console, count, print_json
from mailrules.cli.reasons import condition_lines
from mailrules.cli.stage import Filed, Stage
from mailrules.demo import Message
from mailrules.demo.server import HOST
from mailrules.engine.outcome import Outcome, OutcomeState
from mailrules.rules import ConditionTrace, Truth
from mailrules.rules.text import printable


class Programme(ABC):
    """The demo's output."""

    @abstractmethod
    def open(self, stage: Stage) -> None:
        """Say what is about to be seen."""

    @abstractmethod
    def show(self, filed: Filed) -> None:
        """Show one mail, which has been handled."""

    @abstractmethod
    def close(self, stage: Stage) -> None:
        """Show where everything lies now."""

    @abstractmethod
    def invite(self, stage: Stage) -> None:
        """Say how to go on by oneself."""


class TextProgramme(Programme):
    """Lines for people, with colours on a terminal."""

    def __init__(self) -> None:
        self._console = console()

    def open(self, stage: Stage) -> None:
        """Name those who play."""
        self._print(
            "An IMAP server in memory, the rules of rules.example.toml, and between them the daemon as it would run "
            f"for you.\n{count(len(stage.mails), 'mail')} will arrive, one after another."
        )

    def show(self, filed: Filed) -> None:
        """Print the mail, the reasons and the actions."""
        self._print("", Text.assemble((printable(filed.subject), "bold"), ("  from ", "dim"), printable(filed.sender)))
        for outcome in filed.outcomes:
            self._print(*_reasons(outcome), *_actions(outcome))
        if "INBOX" in filed.mailboxes:
            self._print("  it stays in INBOX" if filed.outcomes else "  no rule matches: it stays in INBOX")

    def close(self, stage: Stage) -> None:
        """Print the tree of mailboxes."""
        self._print("", _tree(stage.server.snapshot()))

    def invite(self, stage: Stage) -> None:
        """Print what a mail client and an editor need."""
        options = stage.server.options
        self._print(
            "",
            Text("The server and the daemon go on until Ctrl-C.", style="bold"),
            f"  IMAP server  {HOST}, port {stage.server.port}, without encryption",
            f"  user name    {options.user}",
            f"  password     {options.password}",
            f"  rules        {stage.rules}",
            "Put mail into INBOX with any mail client, or change the rules in that file, a copy made for the demo, and "
            "save them: both take effect at once.",
        )

    def _print(self, *lines: Text | Tree | str) -> None:
        for line in lines:
            self._console.print(line)


class JsonProgramme(Programme):
    """One JSON object a mail; with --keep, one more that tells how to reach the server."""

    def open(self, stage: Stage) -> None:
        """Print nothing."""

    def show(self, filed: Filed) -> None:
        """Print the object."""
        print_json(
            {
                "from": filed.sender,
                "subject": filed.subject,
                "matched": [rule for outcome in filed.outcomes for rule in outcome.rules],
                "observed": [rule for outcome in filed.outcomes for rule in outcome.observed],
                "why": [reason for outcome in filed.outcomes for reason in _why(outcome)],
                "steps": [action_json(action) for outcome in filed.outcomes for action in outcome.actions],
                "mailboxes": filed.mailboxes,
            }
        )

    def close(self, stage: Stage) -> None:
        """Print nothing."""

    def invite(self, stage: Stage) -> None:
        """Print the server's address and the rule file."""
        options = stage.server.options
        address = {"host": HOST, "port": stage.server.port, "username": options.user, "password": options.password}
        print_json({**address, "rules": str(stage.rules)})


def _reasons(outcome: Outcome) -> Iterator[Text]:
    for trace in outcome.trace:
        observed = trace.rule in outcome.observed
        word = ("would match (observed only)", "cyan") if observed else ("matches", "green")
        yield Text.assemble("  rule ", (f'"{printable(trace.rule)}"', "bold"), " ", word)
        for condition in trace.conditions:
            yield from condition_lines(condition, "    ")


def _actions(outcome: Outcome) -> Iterator[Text]:
    for action in outcome.actions:
        done = action.target if action.target is not None else " ".join(action.flags)
        would = "would " if outcome.state is OutcomeState.OBSERVED else ""
        target = f" {printable(done)}" if done else ""
        yield Text.assemble("  ", ("→ ", "cyan"), would, (action.kind.value, "bold"), target)
    if outcome.reason:
        yield Text(f"  {outcome.state.value}: {printable(outcome.reason)}", style="yellow")


def _why(outcome: Outcome) -> Iterator[Mapping[str, str]]:
    """Go through the conditions that held; of a group, those in it."""
    for trace in outcome.trace:
        for condition in _held(trace.conditions):
            seen = {"wanted": condition.wanted, "seen": condition.seen}
            yield {"rule": trace.rule, "condition": condition.key, **seen}


def _held(conditions: Iterable[ConditionTrace]) -> Iterator[ConditionTrace]:
    for condition in conditions:
        if condition.result is Truth.TRUE:
            yield from _held(condition.children) if condition.children else (condition,)


def _tree(mailboxes: Mapping[str, Sequence[Message]]) -> Tree:
    """Draw the mailboxes with how much is in each; levels that are no mailbox have no number."""
    tree = Tree(Text("Mailboxes", style="bold"))
    branches = {"": tree}
    for path in sorted(mailboxes, key=lambda path: (path != "INBOX", path)):
        parts = path.split("/")
        for depth, part in enumerate(parts):
            level = "/".join(parts[: depth + 1])
            if level not in branches:
                branches[level] = branches["/".join(parts[:depth])].add(_label(part, mailboxes.get(level)))
    return tree


def _label(name: str, messages: Sequence[Message] | None) -> Text:
    label = Text(printable(name))
    if messages:
        unread = sum("\\Seen" not in message.flags for message in messages)
        label.append(f"  {count(len(messages), 'message')}", style="green")
        label.append(f", {unread} unread" if unread else "")
    elif messages is not None:
        label.append("  empty", style="dim")
    return label
