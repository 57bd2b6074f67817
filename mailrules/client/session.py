"""One signed-in connection in mailrules' verbs: mailboxes, status, select, create.

It adds to the connection what must be known once for an account: what the server can do after sign-in and how it names
mailboxes. Fetching, copying and the like are commands for `session.connection`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self, TypeVar

from mailrules.client.connection import Connection
from mailrules.client.endpoint import Timeouts
from mailrules.client.errors import ConnectionLost, ConnectTimeout
from mailrules.client.namespace import Namespace
from mailrules.client.signin import Credentials, sign_in, without_secrets
from mailrules.imap import (
    SPECIAL_USE,
    Create,
    Examine,
    Id,
    List,
    ListEntry,
    MailboxName,
    NotifyNone,
    NotifyWithStatus,
    Refused,
    Select,
    SelectedMailbox,
    Status,
    StatusData,
    StatusItem,
    Subscribe,
    UidSearch,
    UidSearchNamed,
    return_status,
    special_use,
)
from mailrules.imap import Namespace as NamespaceCommand
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Sequence

    from mailrules.client.endpoint import Endpoint
    from mailrules.imap import UID, Capabilities, EventGroup, SearchProgram

T = TypeVar("T")

STATUS_ITEMS = (StatusItem.MESSAGES, StatusItem.UIDNEXT, StatusItem.UIDVALIDITY)

_ROOT = MailboxName(b"")
_ALL = MailboxName(b"*")
_UNSELECTABLE = frozenset({"\\NOSELECT", "\\NONEXISTENT"})


@value(frozen=True, slots=True)
class MailboxInfo:
    """One mailbox of the account.

    `path`: its name as rule files have it. `attributes`: as the server wrote them. `special_use`: as RFC 6154
    writes it, None if it has none. `status` is there where the server told it along (LIST-STATUS).
    """

    name: MailboxName
    path: str
    attributes: frozenset[str]
    special_use: str | None
    selectable: bool
    status: StatusData | None = None


class Session:
    """A signed-in connection; `open` makes one. `connection.close()` ends it.

    Each verb ends IDLE first if it runs, as nothing can be asked meanwhile; to begin it again is the caller's.
    """

    __slots__ = ("_named", "_names_searches", "announcing", "capabilities", "connection", "deaf", "namespace")

    def __init__(self, connection: Connection, capabilities: Capabilities, namespace: Namespace) -> None:
        self.connection = connection
        self.capabilities = capabilities
        self.namespace = namespace
        self._names_searches = "ESEARCH" in capabilities
        self._named: list[asyncio.Future[tuple[UID, ...] | None]] = []
        """Named searches in flight."""
        self.announcing = False
        """Whether what `announce` asked for is in force; a refusal or another mailbox ends it."""
        self.deaf = False
        """Whether the server was told to announce nothing, not even EXISTS, and to announce again is due."""

    @classmethod
    async def open(cls, endpoint: Endpoint, credentials: Credentials, timeouts: Timeouts | None = None) -> Self:
        """Connect and sign in.

        Raises NetworkError, SignInFailed and ClearTextRefused; Refused if the server lets us in and then works not.
        """
        timeouts = timeouts or Timeouts()
        try:
            async with asyncio.timeout(timeouts.sign_in):
                return await cls._opened(endpoint, credentials, timeouts)
        except TimeoutError as error:
            seconds = timeouts.sign_in
            raise ConnectTimeout(f"{endpoint}: the server did not let us in within {seconds:g} seconds") from error
        except ConnectionLost as error:
            # `from None`: the server may have repeated the password.
            raise without_secrets(error, credentials) from None

    @classmethod
    async def _opened(cls, endpoint: Endpoint, credentials: Credentials, timeouts: Timeouts) -> Self:
        connection = await Connection.open(endpoint, timeouts)
        try:
            capabilities = await sign_in(connection, credentials)
            namespace = await _namespace(connection, capabilities)
        except BaseException:
            connection.abort()
            raise
        return cls(connection, capabilities, namespace)

    @property
    def selected(self) -> SelectedMailbox | None:
        """The selected mailbox as it is now."""
        return self.connection.selected

    async def mailboxes(self) -> tuple[MailboxInfo, ...]:
        """List the account's mailboxes in one command, with all that the server can tell along.

        Raises Refused and NetworkError.
        """
        entries = await self._list_extended() or await self.connection.submit(List(_ROOT, (_ALL,)))
        return tuple(self._info(entry) for entry in entries)

    async def status(self, name: MailboxName) -> StatusData:
        """Ask for a mailbox's messages, UIDNEXT and UIDVALIDITY. Raises Refused and NetworkError."""
        return await self.connection.submit(Status(name, STATUS_ITEMS))

    def search(self, program: SearchProgram) -> asyncio.Future[tuple[UID, ...]]:
        """Submit a search of the selected mailbox by UID; the future raises as that of `Connection.submit`.

        Where ESEARCH is offered several searches share a flight; elsewhere, and where it is only announced, one waits
        for the other.
        """
        if not self._names_searches:
            return self.connection.submit(UidSearch(program))
        named = self.connection.submit(UidSearchNamed(program))
        self._named.append(named)
        named.add_done_callback(self._named.remove)
        return asyncio.ensure_future(self._hits(program, named))

    async def _hits(self, program: SearchProgram, named: asyncio.Future[tuple[UID, ...] | None]) -> tuple[UID, ...]:
        """Take the answer to a named search; if it is refused or does not name it, search once more without."""
        try:
            if (hits := await named) is not None:
                return hits
        except Refused:
            pass  # for the name, or for what is searched
        # What answers those in flight may not be named either, and would be taken for the answer to this one.
        while self._named:
            await asyncio.wait(self._named)
        self._names_searches = False
        try:
            return await self.connection.submit(UidSearch(program))
        except Refused:
            self._names_searches = "ESEARCH" in self.capabilities  # so it was not for the name
            raise

    def select(self, name: MailboxName) -> Coroutine[object, object, SelectedMailbox]:
        """Select a mailbox; what is returned goes on changing with it. Raises Refused and NetworkError.

        It is submitted at once: what is submitted before the loop's next turn leaves in the same flight.
        """
        self.hush()
        return self._as_it_is(self.connection.submit(Select(name)))

    def examine(self, name: MailboxName) -> Coroutine[object, object, SelectedMailbox]:
        r"""Open a mailbox to look only: no flag changes by it, not even \Recent. Raises Refused and NetworkError."""
        self.hush()
        return self._as_it_is(self.connection.submit(Examine(name)))

    async def _as_it_is(self, answer: Awaitable[SelectedMailbox]) -> SelectedMailbox:
        found = await answer
        return self.selected or found

    def announce(self, groups: Sequence[EventGroup]) -> asyncio.Future[tuple[StatusData, ...]]:
        """Submit NOTIFY, in place of what was announced before: the server tells by itself what happens. RFC 5465.

        What has happened meanwhile it does not tell: UID FETCH is to follow, and the future has the STATUS of the other
        mailboxes. It raises as that of `Connection.submit`.
        """
        # Dovecot tells nothing of other mailboxes after a second NOTIFY SET, unless there was a NOTIFY NONE before it.
        self.hush()
        answer = self.connection.submit(NotifyWithStatus(groups))
        self.announcing = True
        answer.add_done_callback(self._announces)
        return answer

    def hush(self) -> None:
        """End what is announced, and IDLE; nothing is told any more then, of the selected mailbox neither.

        Dovecot has to be told before another mailbox is selected: its process ends at the next message otherwise.
        """
        self.connection.done()
        if self.announcing:
            self.announcing, self.deaf = False, True
            self.connection.submit(NotifyNone()).add_done_callback(_ignore)

    def silenced(self) -> None:
        """Take note that the server has ended by itself what it announced: it announces nothing now (RFC 5465 §5.8)."""
        self.announcing, self.deaf = False, True

    def _announces(self, answer: asyncio.Future[tuple[StatusData, ...]]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            self.announcing = False
        elif self.announcing:
            self.deaf = False

    async def create(self, name: MailboxName) -> MailboxName | None:
        """Create and subscribe a mailbox in one flight; that it exists already is fine.

        Return None if it was made, and the name that the server calls it by if it was there: Exchange and hMailServer
        compare names without case. Raises Refused and NetworkError.
        """
        created, _ = await asyncio.gather(
            self.connection.submit(Create(name)), self.connection.submit(Subscribe(name)), return_exceptions=True
        )
        match created:
            case Refused():
                # Cyrus, Courier and UW say only NO, whatever the reason: LIST knows.
                there = await self.find(name)
                if there is None:
                    raise created
                return there
            case BaseException():
                raise created
            case _:
                return None

    async def find(self, name: MailboxName) -> MailboxName | None:
        """Ask by LIST whether there is such a mailbox; return the name that the server calls it by. Raises Refused."""
        entries = await self.connection.submit(List(_ROOT, (name,)))
        listed = [entry.data.name for entry in entries if self._is_selectable(entry)]
        # A wildcard in the name lists others too.
        return name if name in listed else next(iter(listed), None) if len(listed) == 1 else None

    async def _list_extended(self) -> tuple[ListEntry, ...]:
        """List with return options. Empty where there are none, or where they are only announced."""
        offered = self.capabilities
        options = []
        if "SPECIAL-USE" in offered:
            options.append(SPECIAL_USE)
        if "LIST-STATUS" in offered:
            options.append(return_status(*STATUS_ITEMS))
        if not options or "LIST-EXTENDED" not in offered:
            return ()
        try:
            return await self.connection.submit(List(_ROOT, (_ALL,), returns=tuple(options)))
        except Refused:  # Proton Bridge and go-imap refuse what they announce, Strato answers with nothing
            return ()

    @staticmethod
    def _is_selectable(entry: ListEntry) -> bool:
        return _UNSELECTABLE.isdisjoint(attribute.upper() for attribute in entry.data.attributes)

    def _info(self, entry: ListEntry) -> MailboxInfo:
        data = entry.data
        selectable = self._is_selectable(entry)
        path = self.namespace.to_path(data.name)
        return MailboxInfo(data.name, path, data.attributes, special_use(data), selectable, entry.status)


async def _namespace(connection: Connection, capabilities: Capabilities) -> Namespace:
    """Ask how mailboxes are named, and say who we are where it is wanted (163.com is closed to who does not)."""
    if "ID" in capabilities:
        connection.submit(Id((("name", "mailrules"),))).add_done_callback(_ignore)
    if "NAMESPACE" in capabilities:
        try:
            told = Namespace.told(await connection.submit(NamespaceCommand()))
        except Refused:
            told = None
        if told is not None:
            return told
    root = await connection.submit(List(_ROOT, (_ROOT,)))
    return Namespace(delimiter=root[0].data.delimiter if root else None)


def _ignore(future: asyncio.Future[T]) -> None:
    if not future.cancelled():
        future.exception()
