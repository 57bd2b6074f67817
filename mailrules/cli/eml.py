"""Reads a message from a file as a server would tell it."""

from datetime import UTC, datetime
from pathlib import Path

from mailrules.rules import Facts, Message, Ruleset, Verdict
from mailrules.rules.reader import local_answers
from mailrules.rules.selftest.compose import with_crlf
from mailrules.rules.settling import settle
from mailrules.values import value


@value(frozen=True, slots=True)
class Local:
    """A message at hand, with the line ends that it would have on a server."""

    message: Message
    raw: bytes

    def explain(self, ruleset: Ruleset, facts: Facts) -> Verdict:
        """Ask the rules, and answer from the message itself what they want to know; show every rule."""
        answered, _ = settle(ruleset, self.message, facts, lambda questions: local_answers(self.raw, questions))
        return ruleset.explain(answered, facts)


def read_message(path: Path) -> Local:
    """Return the message with its size and date; it carries no flags. Raises OSError.

    The date of arrival is taken from the Date header, or from the file where that says nothing.
    """
    with path.open("rb") as file:
        raw = with_crlf(file.read())
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    end = raw.find(b"\r\n\r\n")
    message = Message(header=raw if end < 0 else raw[: end + 4], size=len(raw), flags=frozenset())
    sent = next((date.when for date in message.fields.dates("DATE") if date is not None), None)
    return Local(Message(message.header, message.size, sent or modified, message.flags), raw)
