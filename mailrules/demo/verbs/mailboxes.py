"""Commands about whole mailboxes: SELECT, CREATE, DELETE, RENAME, subscriptions, STATUS, APPEND."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.demo import encode
from mailrules.demo.mailbox import Mailbox
from mailrules.demo.parse import BadSyntax, Command
from mailrules.demo.session import State
from mailrules.demo.tree import Refusal
from mailrules.demo.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailrules.demo.session import Session

_STATUS: dict[str, Callable[[Mailbox], int]] = {
    "MESSAGES": lambda mailbox: len(mailbox.messages),
    "RECENT": Mailbox.recent,
    "UIDNEXT": lambda mailbox: mailbox.uidnext,
    "UIDVALIDITY": lambda mailbox: mailbox.uidvalidity,
    "UNSEEN": lambda mailbox: len(mailbox.unseen()),
    "SIZE": lambda mailbox: sum(len(message.content) for message in mailbox.messages.values()),
}


def select(session: Session, command: Command) -> str:
    """SELECT and EXAMINE, RFC 3501 §6.3.1, §6.3.2. One that fails leaves no mailbox selected."""
    name = command.arguments.space().mailbox()
    command.arguments.end()
    if session.state is State.SELECTED:
        session.deselect()
        session.untagged("OK [CLOSED] Previous mailbox closed.")
    mailbox = session.tree.get(name)
    view = View(mailbox, read_only=command.name == "EXAMINE")
    session.select(view)
    for response in view.flag_responses():
        session.untagged(response)
    session.untagged(f"{len(view.uids)} EXISTS")
    session.untagged(f"{len(view.recent)} RECENT")
    if unseen := mailbox.unseen():
        session.untagged(f"OK [UNSEEN {view.sequence(unseen[0])}] First unseen.")
    session.untagged(f"OK [UIDVALIDITY {mailbox.uidvalidity}] UIDs valid")
    session.untagged(f"OK [UIDNEXT {mailbox.uidnext}] Predicted next UID")
    return f"[READ-ONLY] {name} examined." if view.read_only else f"[READ-WRITE] {name} selected."


def create(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.3."""
    name = command.arguments.space().mailbox()
    command.arguments.end()
    session.tree.create(name)
    return "Create completed."


def delete(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.4."""
    name = command.arguments.space().mailbox()
    command.arguments.end()
    session.tree.delete(name)
    return "Delete completed."


def rename(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.5."""
    old = command.arguments.space().mailbox()
    new = command.arguments.space().mailbox()
    command.arguments.end()
    session.tree.rename(old, new)
    return "Rename completed."


def subscribe(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.6."""
    name = command.arguments.space().mailbox()
    command.arguments.end()
    session.tree.get(name)
    session.tree.subscribed.add(name)
    return "Subscribe completed."


def unsubscribe(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.7."""
    name = command.arguments.space().mailbox()
    command.arguments.end()
    session.tree.subscribed.discard(name)
    return "Unsubscribe completed."


def status(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.10."""
    name = command.arguments.space().mailbox()
    items = [item.atom() for item in command.arguments.space().parenthesised()]
    command.arguments.end()
    session.untagged(status_line(session, name, items))
    return "Status completed."


def status_line(session: Session, name: str, items: list[str]) -> bytes:
    """Return the untagged STATUS of a mailbox; LIST-STATUS sends it too."""
    mailbox = session.tree.get(name)
    known = {item: value for item, value in _STATUS.items() if item != "SIZE" or session.options.has("STATUS=SIZE")}
    if unknown := set(items) - set(known):
        raise BadSyntax(f"Invalid status item {unknown.pop()}")
    pairs = (b"%b %d" % (item.encode(), known[item](mailbox)) for item in items)
    return b"STATUS %b %b" % (encode.astring(name), encode.parenthesised(pairs))


def append(session: Session, command: Command) -> str:
    """RFC 3501 §6.3.11, MULTIAPPEND (RFC 3502), APPENDUID (RFC 4315). A message without a date gets the present one."""
    arguments = command.arguments
    name = arguments.space().mailbox()
    messages = []
    while not arguments.at_end():
        flags = arguments.space().flags() if arguments.peek(b" (") else ()
        date = arguments.space().date_time() if arguments.peek(b' "') else session.now()
        messages.append((arguments.space().string(), flags, date))
    if not messages or (len(messages) > 1 and not session.options.has("MULTIAPPEND")):
        raise BadSyntax("One message is expected")
    target = session.tree.target(name)
    if not all(content for content, _, _ in messages):
        raise Refusal("NO Can't save a zero byte message.")
    uids = [target.append(content, flags, date).uid for content, flags, date in messages]
    code = (
        f"[APPENDUID {target.uidvalidity} {encode.number_set(uids).decode()}] "
        if session.options.has("UIDPLUS")
        else ""
    )
    return code + "Append completed."
