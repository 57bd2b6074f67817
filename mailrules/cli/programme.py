"""What the demo shows: each mail with the rule that took it and why, then the mailboxes as a tree."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from mailrules.cli.output import console, count, print_json
from mailrules.cli.reasons import condition_lines
from mailrules.cli.stage import Filed, Stage
from mailrules.daemon.cleaning import cleaned
from mailrules.demo import Message
from mailrules.demo.server import HOST
from mailrules.engine.outcome import ActionDone, Outcome
from mailrules.rules import ConditionTrace, RuleTrace, Truth


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
            f"An IMAP server in memory, the rules of rules.example.toml, and between them the daemon as it would "
            f"run for you. {count(len(stage.mails), 'mail')} will arrive."
        )

    def show(self, filed: Filed) -> None:
        """Print the mail, the reasons and the steps."""
        subject = (cleaned(filed.subject), "bold")
        self._print("", Text.assemble(subject, ("  from ", "dim"), cleaned(filed.sender)))
        if filed.outcome is None:
            self._print("  no rule acts on it: it stays in INBOX")
            return
        for trace in matched(filed.outcome):
            self._print(Text.assemble("  rule ", (f'"{cleaned(trace.rule)}"', "bold"), (" matches", "green")))
            for condition in trace.conditions:
                self._print(*condition_lines(condition, "    "))
        for action in filed.outcome.actions:
            self._print(Text.assemble(("  → ", "cyan"), (action.kind.value, "bold"), f" {cleaned(_words(action))}"))
        if filed.outcome.reason:
            self._print(Text(f"  {cleaned(filed.outcome.reason)}", style="yellow"))

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
            "Put mail into INBOX with any mail client, or change the rules and save them: both take effect at once.",
        )

    def _print(self, *lines: Text | Tree | str) -> None:
        for line in lines:
            self._console.print(line)


class JsonProgramme(Programme):
    """One JSON object a mail, and nothing else but, with --keep, one for the server."""

    def open(self, stage: Stage) -> None:
        """Print nothing."""

    def show(self, filed: Filed) -> None:
        """Print the object."""
        shown: dict[str, object] = {"from": filed.sender, "subject": filed.subject, "mailboxes": filed.mailboxes}
        print_json(shown | _acted(filed.outcome) if filed.outcome else shown | {"result": "kept"})

    def close(self, stage: Stage) -> None:
        """Print nothing."""

    def invite(self, stage: Stage) -> None:
        """Print the server's address and the rule file."""
        options = stage.server.options
        print_json(
            {
                "host": HOST,
                "port": stage.server.port,
                "username": options.user,
                "password": options.password,
                "rules": str(stage.rules),
            }
        )


def matched(outcome: Outcome) -> tuple[RuleTrace, ...]:
    """Return the reasons of the rules that took part."""
    return tuple(trace for trace in outcome.trace if trace.rule in outcome.rules)


def _acted(outcome: Outcome) -> dict[str, object]:
    traces = matched(outcome)
    return {
        "result": outcome.state.value,
        "matched": [trace.rule for trace in traces],
        "why": [reason for trace in traces for reason in _reasons(trace.rule, trace.conditions)],
        "steps": [{action.kind.value: action.target or list(action.flags) or True} for action in outcome.actions],
    }


def _reasons(rule: str, conditions: Iterable[ConditionTrace]) -> Iterable[Mapping[str, str]]:
    """Go through the conditions that held, groups by what is in them."""
    for condition in conditions:
        if condition.children:
            yield from _reasons(rule, condition.children)
        elif condition.result is Truth.TRUE:
            yield {"rule": rule, "condition": condition.key, "wanted": condition.wanted, "seen": condition.seen}


def _words(action: ActionDone) -> str:
    return action.target if action.target is not None else " ".join(action.flags)


def _tree(mailboxes: Mapping[str, Sequence[Message]]) -> Tree:
    """Draw the mailboxes with how many messages each has; levels that are no mailbox have no number."""
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
    label = Text(cleaned(name))
    if messages:
        unread = sum("\\Seen" not in message.flags for message in messages)
        label.append(f"  {count(len(messages), 'message')}", style="green")
        label.append(f", {unread} unread" if unread else "")
    elif messages is not None:
        label.append("  empty", style="dim")
    return label
