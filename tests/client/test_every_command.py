"""Every command that `mailrules.imap` has is run against a real Dovecot, through the client."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from mailrules import imap
from mailrules.client import Connection, Endpoint, TLSMode
from mailrules.imap import (
    CHILDREN,
    INBOX,
    MODSEQ,
    SPECIAL_USE,
    SUBSCRIBED,
    UID,
    Append,
    AppendUtf8,
    Authenticate,
    Capability,
    Check,
    Close,
    Command,
    Copy,
    Create,
    CreateSpecialUse,
    Delete,
    Echo,
    Enable,
    Examine,
    ExpungeDeleted,
    ExtendedSearch,
    Fetch,
    Id,
    Idle,
    Items,
    List,
    Login,
    Logout,
    Lsub,
    MailboxName,
    Move,
    MultiAppend,
    Namespace,
    NewMessage,
    Noop,
    Plain,
    Rename,
    Search,
    SearchReturn,
    Section,
    Select,
    SeqNum,
    SeqSet,
    StartTLS,
    State,
    Status,
    StatusItem,
    Store,
    StoreMode,
    Subscribe,
    UidCopy,
    UidExpunge,
    UidExtendedSearch,
    UidFetch,
    UidFetchChanged,
    UidMove,
    UIDSet,
    UidSearch,
    UidStore,
    UidStoreUnchanged,
    Unselect,
    Unsubscribe,
    authenticate,
    body,
    changed_since,
    header,
    header_fields,
    parse_search,
    return_status,
    special_use,
)
from mailrules.imap.search import key
from tests.client.connecting import QUICK, plain
from tests.servers.dovecot import HOST, PASSWORD, Dovecot

T = TypeVar("T")

NOT_OFFERED: dict[type[Command[object]], str] = {
    AppendUtf8: "Dovecot has no UTF8=ACCEPT",
    CreateSpecialUse: "Dovecot 2.3 has no CREATE-SPECIAL-USE",
}

ROOT = MailboxName(b"")
ALL = (MailboxName(b"*"),)
ARCHIVE = MailboxName.from_text("Архів/2024")
EVERY = UIDSet.after(0)
DELETED = frozenset({imap.DELETED})
WHEN = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)


def mail(subject: str) -> NewMessage:
    return NewMessage(
        f"From: ann@example.org\r\nSubject: {subject}\r\n\r\nText of {subject}\r\n".encode(), frozenset(), WHEN
    )


def uids(*numbers: int) -> UIDSet:
    return UIDSet(UID(number) for number in numbers)


class Recorded(Connection):
    """A connection that knows which commands went over it."""

    ran: set[type[Command[object]]]

    def submit(self, command: Command[T]) -> Awaitable[T]:  # type: ignore[override] # a future is awaitable
        self.ran = {*getattr(self, "ran", ()), type(command)}
        return super().submit(command)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one RFC's commands do on a real server."""

    title: str
    commands: frozenset[type[Command[object]]]
    play: Callable[[Recorded], Awaitable[None]]


SCENARIOS: list[Scenario] = []


def scenario(
    title: str, *commands: type[Command[object]]
) -> Callable[[Callable[[Recorded], Awaitable[None]]], Callable[[Recorded], Awaitable[None]]]:
    def add(play: Callable[[Recorded], Awaitable[None]]) -> Callable[[Recorded], Awaitable[None]]:
        SCENARIOS.append(Scenario(title, frozenset(commands), play))
        return play

    return add
