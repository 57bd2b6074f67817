"""Finds the verb for a command, checks state and capability, and puts the answer together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.demo.parse import BadSyntax, Command
from mailrules.demo.session import Session, State
from mailrules.demo.tree import Refusal
from mailrules.demo.verbs import access, listing, mailboxes, messages, transfer
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

_BEFORE = frozenset({State.NOT_AUTHENTICATED})
_AFTER = frozenset({State.AUTHENTICATED, State.SELECTED})
_SELECTED = frozenset({State.SELECTED})


@value(frozen=True, slots=True)
class Verb:
    """A command: what it does, in which states it may come, and the capability without which it is unknown."""

    run: Callable[[Session, Command], str]
    states: frozenset[State]
    capability: str | None = None


VERBS = {
    "CAPABILITY": Verb(access.capability, _BEFORE | _AFTER),
    "NOOP": Verb(access.noop, _BEFORE | _AFTER),
    "LOGOUT": Verb(access.logout, _BEFORE | _AFTER),
    "ID": Verb(access.identify, _BEFORE | _AFTER, "ID"),
    "LOGIN": Verb(access.login, _BEFORE),
    "AUTHENTICATE": Verb(access.authenticate, _BEFORE, "AUTH=PLAIN"),
    "ENABLE": Verb(access.enable, _AFTER, "ENABLE"),
    "NAMESPACE": Verb(access.namespace, _AFTER, "NAMESPACE"),
    "SELECT": Verb(mailboxes.select, _AFTER),
    "EXAMINE": Verb(mailboxes.select, _AFTER),
    "CREATE": Verb(mailboxes.create, _AFTER),
    "DELETE": Verb(mailboxes.delete, _AFTER),
    "RENAME": Verb(mailboxes.rename, _AFTER),
    "SUBSCRIBE": Verb(mailboxes.subscribe, _AFTER),
    "UNSUBSCRIBE": Verb(mailboxes.unsubscribe, _AFTER),
    "LIST": Verb(listing.list_mailboxes, _AFTER),
    "LSUB": Verb(listing.lsub, _AFTER),
    "STATUS": Verb(mailboxes.status, _AFTER),
    "APPEND": Verb(mailboxes.append, _AFTER),
    "CHECK": Verb(access.noop, _SELECTED),
    "CLOSE": Verb(messages.close, _SELECTED),
    "UNSELECT": Verb(messages.unselect, _SELECTED, "UNSELECT"),
    "EXPUNGE": Verb(messages.expunge, _SELECTED),
    "UID EXPUNGE": Verb(messages.expunge, _SELECTED, "UIDPLUS"),
    "SEARCH": Verb(messages.search_messages, _SELECTED),
    "UID SEARCH": Verb(messages.search_messages, _SELECTED),
    "FETCH": Verb(messages.fetch_messages, _SELECTED),
    "UID FETCH": Verb(messages.fetch_messages, _SELECTED),
    "STORE": Verb(messages.store, _SELECTED),
    "UID STORE": Verb(messages.store, _SELECTED),
    "COPY": Verb(transfer.copy, _SELECTED),
    "UID COPY": Verb(transfer.copy, _SELECTED),
    "MOVE": Verb(transfer.move, _SELECTED, "MOVE"),
    "UID MOVE": Verb(transfer.move, _SELECTED, "MOVE"),
}

_KEEP_NUMBERS = frozenset({"FETCH", "STORE", "SEARCH"})
"""Commands during which no EXPUNGE may be sent, RFC 3501 §7.4.1."""


def execute(session: Session, command: Command) -> bytes:
    """Carry out a command and return everything that the client is told. Raises Cut for an injected interruption."""
    answer = f"{command.tag} {_answer(session, command)}\r\n".encode("ascii", "replace")
    if command.name in _KEEP_NUMBERS:
        session.tell_updates_keeping_numbers()
    else:
        session.tell_updates()
    return session.take_output() + (b"" if session.thrown_out else answer)


def _answer(session: Session, command: Command) -> str:
    verb = VERBS.get(command.name)
    if verb is None or (verb.capability is not None and not session.options.has(verb.capability)):
        return f"BAD Error in IMAP command {command.name}: Unknown command."
    if session.state not in verb.states:
        return "BAD No mailbox selected." if verb.states == _SELECTED else f"BAD {command.name} can't be used now."
    try:
        return f"OK {verb.run(session, command)}"
    except BadSyntax as error:
        return f"BAD Error in IMAP command {command.name}: {error}"
    except Refusal as refusal:
        return refusal.answer
