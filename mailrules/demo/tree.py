"""All the mailboxes of one user: names in wire form (modified UTF-7), hierarchy, subscriptions, special uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailrules.demo.mailbox import Mailbox
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mailrules.demo.options import Options

STANDARD = (
    ("Drafts", "\\Drafts"),
    ("Sent", "\\Sent"),
    ("Archive", "\\Archive"),
    ("Junk", "\\Junk"),
    ("Trash", "\\Trash"),
)
"""The mailboxes, with their special use (RFC 6154), that a new user finds beside INBOX."""


class Refusal(Exception):
    """A command that cannot be carried out; `answer` is what stands after the tag: status, code, text."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


@value(frozen=True, slots=True)
class Listed:
    """One line of LIST: a mailbox, a level of hierarchy that is none (`mailbox` None), or a subscription to nothing."""

    name: str
    mailbox: Mailbox | None
    attributes: tuple[str, ...]


class Tree:
    """The user's mailboxes by name; INBOX always exists."""

    def __init__(self, options: Options, uidvalidity: int) -> None:
        self.options = options
        self.mailboxes: dict[str, Mailbox] = {}
        self.subscribed: set[str] = set()
        self._uidvalidity = uidvalidity
        for name, special_use in (("INBOX", None), *STANDARD):
            mailbox = self.create(name if name == "INBOX" else options.prefix + name)
            mailbox.special_use = special_use if options.has("SPECIAL-USE") else None
        self.subscribed.update(self.mailboxes)

    def get(self, name: str) -> Mailbox:
        """Return a mailbox; raises Refusal with [NONEXISTENT]."""
        if name not in self.mailboxes:
            raise Refusal(f"NO [NONEXISTENT] Mailbox doesn't exist: {name}")
        return self.mailboxes[name]

    def target(self, name: str) -> Mailbox:
        """Return the mailbox to copy or append to; raises Refusal with [TRYCREATE]. RFC 3501 §6.3.11."""
        if name not in self.mailboxes:
            raise Refusal(f"NO [TRYCREATE] Mailbox doesn't exist: {name}")
        return self.mailboxes[name]

    def create(self, name: str) -> Mailbox:
        """Make a new mailbox. A delimiter at the end of the name says that it will have children, and is dropped."""
        name = self._checked(name.removesuffix(self.options.delimiter))
        if name in self.mailboxes:
            raise Refusal("NO [ALREADYEXISTS] Mailbox already exists")
        return self._put(name)

    def delete(self, name: str) -> None:
        """Remove a mailbox; its children stay."""
        if name == "INBOX":
            raise Refusal("NO [CANNOT] INBOX can't be deleted.")
        self.get(name).remove()
        del self.mailboxes[name]

    def rename(self, old: str, new: str) -> None:
        """Rename a mailbox with its children. INBOX keeps its place and gives only its messages. RFC 3501 §6.3.5."""
        mailbox, new = self.get(old), self._checked(new)
        if new in self.mailboxes:
            raise Refusal("NO [ALREADYEXISTS] Target mailbox already exists")
        if old == "INBOX":
            moved = self._put(new)
            for message in mailbox.messages.values():
                moved.append(message.content, message.flags, message.internaldate)
            mailbox.expunge(tuple(mailbox.messages))
            return
        below = old + self.options.delimiter
        for name in [name for name in self.mailboxes if name == old or name.startswith(below)]:
            self.mailboxes[new + name[len(old) :]] = self.mailboxes.pop(name)

    def renumber(self, name: str) -> None:
        """Give a mailbox a new UIDVALIDITY; clients that have it selected are thrown out."""
        old = self.get(name)
        self._uidvalidity += 1
        self.mailboxes[name] = old.reborn(self._uidvalidity)
        old.remove()

    def list(self, patterns: Sequence[str]) -> Iterator[Listed]:
        """Return the mailboxes, and the levels above them that are none, whose names fit one of the patterns."""
        levels = {name[:end] for name in self.mailboxes for end in self._delimiters(name)}
        for name in sorted({*self.mailboxes, *levels}, key=_inbox_first):
            if self._fits(name, patterns):
                yield self._listed(name)

    def list_subscribed(self, patterns: Sequence[str]) -> Iterator[Listed]:
        """Return the subscribed names that fit one of the patterns, whether or not there is such a mailbox.

        With `%` also the levels above them, as RFC 3501 §6.3.9 wants: else a client could not find what is below.
        """
        levels = {name[:end] for name in self.subscribed for end in self._delimiters(name)}
        above = levels - self.subscribed if any("%" in pattern for pattern in patterns) else set()
        for name in sorted(self.subscribed | above, key=_inbox_first):
            if self._fits(name, patterns):
                yield Listed(name, None, ("\\Noselect",)) if name in above else self._listed(name)

    def _listed(self, name: str) -> Listed:
        below = name + self.options.delimiter
        children = "\\HasChildren" if any(other.startswith(below) for other in self.mailboxes) else "\\HasNoChildren"
        mailbox = self.mailboxes.get(name)
        if mailbox is None:
            return Listed(name, None, ("\\Noselect", children))
        special = (mailbox.special_use,) if mailbox.special_use else ()
        return Listed(name, mailbox, (children, *special))

    def _delimiters(self, name: str) -> Iterator[int]:
        return (found.start() for found in re.finditer(re.escape(self.options.delimiter), name))

    def _fits(self, name: str, patterns: Sequence[str]) -> bool:
        """Match a name against LIST's patterns; INBOX is INBOX in any case. RFC 3501 §6.3.8."""
        wild = {"*": ".*", "%": f"[^{re.escape(self.options.delimiter)}]*"}
        case = re.IGNORECASE if name == "INBOX" else re.NOFLAG
        expressions = ("".join(wild.get(letter, re.escape(letter)) for letter in pattern) for pattern in patterns)
        return any(re.fullmatch(expression, name, case) for expression in expressions)

    def _checked(self, name: str) -> str:
        delimiter, prefix = self.options.delimiter, self.options.prefix
        if name != "INBOX" and not name.startswith(prefix):
            raise Refusal("NO [CANNOT] Mailboxes are made below the personal namespace")
        if not name or len(name) > 1000 or "" in name.split(delimiter) or any(wild in name for wild in "*%"):
            raise Refusal("NO [CANNOT] Invalid mailbox name")
        return name

    def _put(self, name: str) -> Mailbox:
        self._uidvalidity += 1
        self.mailboxes[name] = Mailbox(self._uidvalidity, self.options.keywords)
        return self.mailboxes[name]


def _inbox_first(name: str) -> tuple[bool, str]:
    return name != "INBOX", name
