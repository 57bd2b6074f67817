"""Commands about the messages of the selected mailbox: FETCH, STORE, SEARCH, EXPUNGE, CLOSE and their UID forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.demo import encode, fetch, search
from mailrules.demo.mailbox import StoreMode
from mailrules.demo.parse import BadSyntax, Command
from mailrules.demo.tree import Refusal

if TYPE_CHECKING:
    from mailrules.demo.session import Session

_GONE = "[EXPUNGEISSUED] Some messages were already expunged."


def named(session: Session, command: Command) -> list[int]:
    """Read the set of numbers, or of UIDs, with which a command begins; returns UIDs of the view, ascending."""
    numbers = command.arguments.space().sequence_set()
    view = session.view
    return view.by_uid(numbers) if command.name.startswith("UID ") else view.by_sequence(numbers)


def existing(session: Session, uids: list[int]) -> list[int]:
    """Return those of `uids` that are still there: others may have removed some unbeknown to this client."""
    return [uid for uid in uids if uid in session.view.mailbox.messages]


def fetch_messages(session: Session, command: Command) -> str:
    """FETCH and UID FETCH, RFC 3501 §6.4.5; the latter always returns the UID (§6.4.8)."""
    uids = named(session, command)
    items = fetch.parse_items(command.arguments.space())
    command.arguments.end()
    uid_item = fetch.Item("UID")
    if command.name == "UID FETCH" and uid_item not in items:
        items = (uid_item, *items)
    there = existing(session, uids)
    for uid in there:
        session.untagged(fetch.answer(session.view, uid, items))
    return "Fetch completed." if there == uids else _GONE


def store(session: Session, command: Command) -> str:
    """STORE and UID STORE, RFC 3501 §6.4.6. In an EXAMINEd mailbox Dovecot says OK and does nothing."""
    uids = named(session, command)
    name = command.arguments.space().atom()
    flags = command.arguments.space().flags()
    command.arguments.end()
    silent = name.endswith(".SILENT")
    try:
        mode = StoreMode(name.removesuffix(".SILENT"))
    except ValueError:
        raise BadSyntax(f"Unknown STORE item {name}") from None
    view = session.view
    if view.read_only:
        return "[READ-ONLY] Store ignored with read-only mailbox."
    there = existing(session, uids)
    for uid in there:
        current = view.is_current(uid)
        view.mailbox.store(uid, mode, flags)
        if not silent:
            prefix = b"UID %d " % uid if command.name == "UID STORE" else b""
            flag_list = encode.flag_list(view.flags(uid))
            session.untagged(b"%d FETCH (%bFLAGS %b)" % (view.sequence(uid), prefix, flag_list))
        if current or not silent:
            view.tell(uid)
    return "Store completed." if there == uids else _GONE


def search_messages(session: Session, command: Command) -> str:
    """SEARCH and UID SEARCH, RFC 3501 §6.4.4; with RETURN as ESEARCH (RFC 4731)."""
    command.arguments.space()
    if command.arguments.peek(b"RETURN ") and not session.options.has("ESEARCH"):
        raise BadSyntax("Unknown SEARCH key RETURN")
    try:
        program = search.parse_program(command.arguments)
    except search.UnknownCharset:
        raise Refusal("NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset") from None
    view, by_uid = session.view, command.name == "UID SEARCH"
    found = [uid if by_uid else view.sequence(uid) for uid in program.run(view)]
    if program.returns is None:
        session.untagged(" ".join(("SEARCH", *map(str, found))))
        return "Search completed."
    items = [b'ESEARCH (TAG "%b")' % command.tag.encode()]
    items += [b"UID"] if by_uid else []
    if found:
        items += [b"MIN %d" % found[0]] if "MIN" in program.returns else []
        items += [b"MAX %d" % found[-1]] if "MAX" in program.returns else []
        items += [b"ALL " + encode.number_set(found)] if "ALL" in program.returns else []
    items += [b"COUNT %d" % len(found)] if "COUNT" in program.returns else []
    session.untagged(b" ".join(items))
    return "Search completed."


def expunge(session: Session, command: Command) -> str:
    """EXPUNGE, RFC 3501 §6.4.3, and UID EXPUNGE, RFC 4315 §2.1; the updates that follow name what is gone."""
    view = session.view
    uids = named(session, command) if command.name == "UID EXPUNGE" else list(view.uids)
    command.arguments.end()
    if view.read_only:
        raise Refusal("NO [READ-ONLY] Mailbox is read-only")
    view.mailbox.expunge(_deleted(session, uids))
    return "Expunge completed."


def close(session: Session, command: Command) -> str:
    r"""RFC 3501 §6.4.2: removes what is marked \Deleted, and says nothing of it."""
    command.arguments.end()
    if not session.view.read_only:
        session.view.mailbox.expunge(_deleted(session, session.view.uids))
    session.deselect()
    return "Close completed."


def unselect(session: Session, command: Command) -> str:
    """RFC 3691."""
    command.arguments.end()
    session.deselect()
    return "Unselect completed."


def _deleted(session: Session, uids: list[int]) -> list[int]:
    messages = session.view.mailbox.messages
    return [uid for uid in existing(session, uids) if "\\Deleted" in messages[uid].flags]
