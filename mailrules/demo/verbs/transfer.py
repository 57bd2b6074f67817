"""COPY and MOVE, which put messages into another mailbox. RFC 3501 §6.4.7, RFC 6851; COPYUID is RFC 4315 §3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.demo import encode
from mailrules.demo.session import Cut, Session
from mailrules.demo.tree import Refusal
from mailrules.demo.verbs.messages import existing, named

if TYPE_CHECKING:
    from mailrules.demo.parse import Command

_NOTHING = "No messages found."


def copy(session: Session, command: Command) -> str:
    """COPY and UID COPY; the code stands in the tagged OK."""
    _, code = _transfer(session, command)
    return f"{code}Copy completed." if code is not None else _NOTHING


def move(session: Session, command: Command) -> str:
    """MOVE and UID MOVE; the code comes before the EXPUNGEs (RFC 6851 §4.3)."""
    uids, code = _transfer(session, command)
    if code is None:
        return _NOTHING
    if code:
        session.untagged(f"OK {code}Moved UIDs.")
    session.view.mailbox.expunge(uids)
    return "Move completed."


def _transfer(session: Session, command: Command) -> tuple[list[int], str | None]:
    """Copy the messages; returns their UIDs and the response code for it, None if there was nothing to copy."""
    uids = named(session, command)
    name = command.arguments.space().mailbox()
    command.arguments.end()
    view, target = session.view, session.tree.target(name)
    if view.read_only and command.name.endswith("MOVE"):
        raise Refusal("NO [READ-ONLY] Mailbox is read-only")
    there = existing(session, uids)
    if there != uids:
        raise Refusal("NO [EXPUNGEISSUED] Some of the requested messages no longer exist.")
    if session.interrupt is not None:
        there = there[: session.interrupt.copied]
    originals = [view.mailbox.messages[uid] for uid in there]
    copies = [target.append(one.content, one.flags, one.internaldate).uid for one in originals]
    if session.interrupt is not None:
        view.mailbox.expunge(there[: session.interrupt.removed])
        raise Cut
    if not there:
        return [], None
    if not session.options.has("UIDPLUS"):
        return there, ""
    pairs = f"{encode.number_set(there).decode()} {encode.number_set(copies).decode()}"
    return there, f"[COPYUID {target.uidvalidity} {pairs}] "
