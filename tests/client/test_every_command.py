"""Every command that `mailrules.imap` has is run against a real Dovecot, through the client."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from mailrules import imap
from mailrules.client import Connection, Endpoint, Timeouts, TLSMode
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
    Capabilities,
    Capability,
    Check,
    Close,
    Command,
    Compress,
    Copy,
    Create,
    CreateSpecialUse,
    Delete,
    Echo,
    Enable,
    EventGroup,
    Examine,
    ExpungeDeleted,
    ExtendedSearch,
    Fetch,
    Filter,
    Id,
    Idle,
    Items,
    List,
    Login,
    Logout,
    Lsub,
    MailboxName,
    MessageData,
    Move,
    MultiAppend,
    Namespace,
    NewMessage,
    No,
    Noop,
    Notify,
    NotifyEvent,
    NotifyNone,
    NotifyWithStatus,
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
    StatusData,
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
    UidSearch,
    UidSearchNamed,
    UIDSet,
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
from tests.servers.configuration import Layout
from tests.servers.dovecot import HOST, PASSWORD, Dovecot

T = TypeVar("T")

NOT_OFFERED: dict[type[Command[object]], str] = {
    AppendUtf8: "Dovecot has no UTF8=ACCEPT",
    CreateSpecialUse: "Dovecot 2.3 has no CREATE-SPECIAL-USE",
}

BEGIN_AND_END: frozenset[type[Command[object]]] = frozenset({StartTLS, Login, Authenticate, Logout, Compress})

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

    def __init__(self, endpoint: Endpoint, timeouts: Timeouts) -> None:
        super().__init__(endpoint, timeouts)
        self.ran: set[type[Command[object]]] = set()
        self.user = ""

    def submit(self, command: Command[T]) -> asyncio.Future[T]:
        """Submit and remember."""
        self.ran.add(type(command))
        return super().submit(command)


Play = Callable[[Recorded], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the commands of some RFCs do on a real server, once we are signed in."""

    rfcs: str
    commands: frozenset[type[Command[object]]]
    play: Play


SCENARIOS: list[Scenario] = []


def scenario(rfcs: str, *commands: type[Command[object]]) -> Callable[[Play], Play]:
    """Make the function the scenario that runs these commands."""

    def add(play: Play) -> Play:
        SCENARIOS.append(Scenario(rfcs, frozenset(commands), play))
        return play

    return add


@scenario("RFC 3501 any state", Capability, Noop, Check)
async def any_state(talk: Recorded) -> None:
    """CAPABILITY, NOOP, CHECK."""
    assert "IMAP4rev1" in await talk.submit(Capability())
    await talk.submit(Noop())
    await talk.submit(Select(INBOX))
    await talk.submit(Check())


@scenario(
    "RFC 3501 mailboxes", Create, Rename, Subscribe, Lsub, Unsubscribe, Delete, List, Status, Select, Examine, Close
)
async def mailboxes(talk: Recorded) -> None:
    """Making, naming, listing, opening and removing a mailbox."""
    old, new = MailboxName.from_text("A & B"), ARCHIVE
    await asyncio.gather(talk.submit(Create(old)), talk.submit(Rename(old, new)), talk.submit(Subscribe(new)))
    assert new in {data.name for data in await talk.submit(Lsub(ROOT, MailboxName(b"*")))}
    await talk.submit(Unsubscribe(new))
    assert new in {entry.data.name for entry in await talk.submit(List(ROOT, ALL))}
    await talk.submit(Append(new, mail("one")))
    status = await talk.submit(
        Status(new, (StatusItem.MESSAGES, StatusItem.RECENT, StatusItem.UIDNEXT, StatusItem.UNSEEN))
    )
    assert (status.name, status.messages, status.uidnext, status.unseen) == (new, 1, 2, 1)
    opened = await talk.submit(Select(new))
    assert (opened.name, opened.exists, opened.uidnext, opened.read_only) == (new, 1, 2, False)
    looked = await talk.submit(Examine(new))
    assert looked.read_only
    assert looked.uidvalidity == opened.uidvalidity
    await talk.submit(Close())
    assert talk.state is State.AUTHENTICATED
    await talk.submit(Delete(new))
    with pytest.raises(No):
        await talk.submit(Select(new))


@scenario("RFC 3501 messages by number", Append, Search, Fetch, Store, Copy, ExpungeDeleted)
async def by_number(talk: Recorded) -> None:
    """What RFC 3501 does by sequence numbers."""
    for subject in ("one", "two"):
        await talk.submit(Append(INBOX, mail(subject)))
    await talk.submit(Select(INBOX))
    assert await talk.submit(Search(key("SUBJECT", "two"))) == (2,)
    second = SeqSet([SeqNum(2)])
    (fetched,) = await talk.submit(Fetch(second, (Items.UID, Items.INTERNALDATE, header_fields(["Subject"]))))
    assert (fetched.uid, fetched.internaldate, fetched.header()) == (2, WHEN, b"Subject: two\r\n\r\n")
    (stored,) = await talk.submit(Store(second, StoreMode.ADD, DELETED))
    assert stored.flags is not None
    assert stored.flags >= DELETED
    copied = await talk.submit(Copy(second, MailboxName(b"Archive")))
    assert copied is not None
    await talk.submit(ExpungeDeleted())
    assert talk.selected is not None
    assert talk.selected.exists == 1


@scenario("RFC 3501 messages by UID", UidFetch, UidStore, UidSearch, UidCopy, Unselect)
async def by_uid(talk: Recorded) -> None:
    """The same by UIDs, with every attribute that FETCH has; RFC 3691 leaves the mailbox."""
    await asyncio.gather(*(talk.submit(Append(INBOX, mail(subject))) for subject in ("one", "два")))
    await talk.submit(Select(INBOX))
    everything = (
        Items.UID, Items.FLAGS, Items.INTERNALDATE, Items.SIZE, Items.ENVELOPE, Items.BODYSTRUCTURE,
        header(), header_fields(["X-Absent", "subject"]), body(), body(Section((), "TEXT"), (0, 4)),
    )  # fmt: skip
    one, two = await talk.submit(UidFetch(EVERY, everything))
    assert one.section("TEXT") == b"Text"
    assert one.section("") == mail("one").data
    assert one.envelope is not None
    assert one.envelope.subject == b"one"
    assert one.size == len(mail("one").data)
    assert await talk.submit(UidFetch(uids(3, 99), (Items.FLAGS,))) == ()
    assert await talk.submit(UidFetch(UIDSet.after(2), (Items.FLAGS,))) == ()
    (stored,) = await talk.submit(UidStore(uids(2), StoreMode.REPLACE, frozenset({"$Invoice", imap.SEEN})))
    assert (stored.uid, stored.flags) == (two.uid, frozenset({"$Invoice", imap.SEEN}) | (stored.flags or frozenset()))
    await talk.submit(UidStore(uids(2), StoreMode.REMOVE, frozenset({imap.SEEN}), Echo.SILENT))
    assert await talk.submit(UidSearch(parse_search('KEYWORD $Invoice NOT SEEN OR TEXT "два" SUBJECT x'))) == (2,)
    copied = await talk.submit(UidCopy(uids(1, 2, 99), MailboxName(b"Archive")))
    assert copied is not None
    assert [source for source, _ in copied.pairs] == [1, 2]
    await talk.submit(Unselect())
    assert talk.selected is None


@scenario("RFC 2177", Idle)
async def idle(talk: Recorded) -> None:
    """IDLE tells of a message that comes meanwhile, and ends together with the next command."""
    await talk.submit(Select(INBOX))
    ended = talk.idle()
    async with signed_in(talk.endpoint, talk.user) as other:
        await other.submit(Append(INBOX, mail("new")))
    assert await talk.until(lambda: talk.selected is not None and talk.selected.arrived == 1, 60)
    talk.done()
    (message,) = await talk.submit(UidFetch(EVERY, (header_fields(["Subject"]),)))
    assert message.header() == b"Subject: new\r\n\r\n"
    await ended


@scenario("RFC 5465", Notify, NotifyWithStatus, NotifyNone)
async def notify(talk: Recorded) -> None:
    """In IDLE new messages are shown by themselves, and other mailboxes tell their STATUS; then nothing any more."""
    both = (NotifyEvent.MESSAGE_NEW, NotifyEvent.MESSAGE_EXPUNGE)
    here = EventGroup(Filter.SELECTED, both, items=(Items.UID, header_fields(["Subject"])))
    archive = MailboxName(b"Archive")
    heard: list[imap.Response] = []
    talk.on_unsolicited = heard.append
    await talk.submit(Select(INBOX))
    await talk.submit(Notify((here,)))
    await talk.submit(NotifyNone())
    (told,) = await talk.submit(NotifyWithStatus((here, EventGroup(Filter.MAILBOXES, both, names=(archive,)))))
    assert (told.name, told.messages) == (archive, 0)
    talk.idle()
    async with signed_in(talk.endpoint, talk.user) as other:
        await other.submit(Append(INBOX, mail("new")))
        await other.submit(Append(archive, mail("new")))
    assert await talk.until(lambda: any(isinstance(each, StatusData) and each.messages == 1 for each in heard), 60)
    assert await talk.until(lambda: any(isinstance(each, MessageData) for each in heard), 60)
    (shown,) = (each for each in heard if isinstance(each, MessageData))
    assert (shown.uid, shown.header()) == (1, b"Subject: new\r\n\r\n")
    talk.done()


@scenario("RFC 2342 RFC 2971", Namespace, Id)
async def names(talk: Recorded) -> None:
    """NAMESPACE and ID."""
    data = await talk.submit(Namespace())
    assert [(entry.prefix, entry.delimiter) for entry in data.personal] == [(ROOT, "/")]
    assert ("name", "Dovecot") in (await talk.submit(Id((("name", "mailrules"),)))).fields


@scenario("RFC 3502 RFC 7888", MultiAppend)
async def several_at_once(talk: Recorded) -> None:
    """Two messages in one APPEND, their literals sent without waiting (LITERAL+)."""
    appended = await talk.submit(MultiAppend(INBOX, (mail("one"), mail("two"))))
    assert appended is not None
    assert appended.uids == uids(1, 2)


@scenario("RFC 4315", UidExpunge)
async def uidplus(talk: Recorded) -> None:
    """UID EXPUNGE takes the named message only; APPENDUID and COPYUID name the new ones."""
    for _ in range(2):
        await talk.submit(Append(INBOX, mail("x")))
    opened = await talk.submit(Select(INBOX))
    appended = await talk.submit(Append(INBOX, mail("x")))
    assert appended is not None
    assert (appended.uidvalidity, appended.uids) == (opened.uidvalidity, uids(3))
    await talk.submit(UidStore(uids(1, 2), StoreMode.ADD, DELETED, Echo.SILENT))
    await talk.submit(UidExpunge(uids(1)))
    left = await talk.submit(UidFetch(EVERY, (Items.FLAGS,)))
    assert [message.uid for message in left] == [2, 3]


@scenario("RFC 4731", ExtendedSearch, UidExtendedSearch, UidSearchNamed)
async def esearch(talk: Recorded) -> None:
    """Counts and ends of searches, several of them in flight."""
    for subject in ("one", "two", "three"):
        await talk.submit(Append(INBOX, mail(subject)))
    await talk.submit(Select(INBOX))
    ends, count, hits = await asyncio.gather(
        talk.submit(UidExtendedSearch(key("ALL"), (SearchReturn.MIN, SearchReturn.MAX))),
        talk.submit(UidExtendedSearch(key("SUBJECT", "t"), (SearchReturn.COUNT,))),
        talk.submit(ExtendedSearch(key("SUBJECT", "t"), ())),
    )
    assert (ends.minimum, ends.maximum) == (1, 3)
    assert count.count == 2
    assert hits.all == SeqSet([SeqNum(2), SeqNum(3)])
    slow, quick = UidSearchNamed(key("BODY", "Text")), UidSearchNamed(key("SUBJECT", "t"))
    found, also = await asyncio.gather(talk.submit(slow), talk.submit(quick))
    assert (found, also) == ((1, 2, 3), (2, 3))


@scenario("RFC 5161 RFC 7162", Enable, UidFetchChanged, UidStoreUnchanged)
async def condstore(talk: Recorded) -> None:
    """Fetching what changed, and storing only on what did not."""
    assert await talk.submit(Enable(("CONDSTORE",))) == {"CONDSTORE"}
    for subject in ("one", "two"):
        await talk.submit(Append(INBOX, mail(subject)))
    opened = await talk.submit(Select(INBOX))
    before = opened.highestmodseq
    assert before is not None
    await talk.submit(UidStore(uids(1), StoreMode.ADD, frozenset({imap.SEEN})))
    (changed,) = await talk.submit(UidFetchChanged(EVERY, (Items.FLAGS, MODSEQ), before))
    assert changed.uid == 1
    assert changed.modseq is not None
    assert changed.modseq > before
    assert await talk.submit(UidSearch(changed_since(changed.modseq))) == (1,)
    store = UidStore(uids(1, 2), StoreMode.ADD, frozenset({imap.FLAGGED}))
    stored = await talk.submit(UidStoreUnchanged(store, before))
    assert [message.uid for message in stored.messages if message.flags] == [2]
    assert stored.modified == uids(1)


@scenario("RFC 5258 RFC 5819 RFC 6154", List)
async def extended_list(talk: Recorded) -> None:
    """LIST with several patterns, subscriptions, special uses and STATUS."""
    await asyncio.gather(talk.submit(Create(ARCHIVE)), talk.submit(Subscribe(ARCHIVE)))
    status = return_status(StatusItem.MESSAGES, StatusItem.UIDVALIDITY)
    entries = await talk.submit(List(ROOT, (INBOX, *ALL), returns=(SPECIAL_USE, CHILDREN, SUBSCRIBED, status)))
    by_name = {entry.data.name: entry for entry in entries}
    assert len(by_name) == len(entries)
    assert special_use(by_name[MailboxName(b"Trash")].data) == "\\Trash"
    found = by_name[ARCHIVE]
    assert found.data.has("\\Subscribed")
    assert found.status is not None
    assert found.status.messages == 0
    subscribed = await talk.submit(List(ROOT, ALL, select=(SUBSCRIBED,)))
    assert ARCHIVE in {entry.data.name for entry in subscribed}
    assert INBOX not in {entry.data.name for entry in subscribed}


@scenario("RFC 6851", UidMove, Move)
async def move(talk: Recorded) -> None:
    """MOVE, with the pairs of COPYUID and the expunges, and a UID that is gone."""
    await talk.submit(MultiAppend(INBOX, (mail("one"), mail("two"), mail("three"))))
    await talk.submit(Select(INBOX))
    moved = await talk.submit(UidMove(uids(1, 3, 99), MailboxName(b"Archive")))
    assert moved is not None
    assert moved.pairs == ((1, 1), (3, 2))
    moved = await talk.submit(Move(SeqSet([SeqNum(1)]), MailboxName(b"Archive")))
    assert moved is not None
    assert moved.pairs == ((2, 3),)
    assert talk.selected is not None
    assert (talk.selected.exists, talk.selected.arrived) == (0, 0)
    assert await talk.submit(UidMove(uids(1), MailboxName(b"Archive"))) is None
    await talk.submit(Append(INBOX, mail("four")))
    with pytest.raises(No) as refused:
        await talk.submit(UidMove(uids(4), MailboxName(b"Missing")))
    assert refused.value.answer.tagged.code_is("TRYCREATE")


@contextlib.asynccontextmanager
async def signed_in(endpoint: Endpoint, user: str) -> AsyncIterator[Recorded]:
    """Yield a connection that is signed in by LOGIN."""
    talk = await Recorded.open(endpoint, QUICK)
    try:
        await talk.submit(Login(user, PASSWORD))
        talk.user = user
        yield talk
    finally:
        await talk.close()


@pytest.mark.parametrize("one", SCENARIOS, ids=lambda one: one.rfcs)
async def test_the_commands_do_what_they_are_for(dovecot: Dovecot, user: str, one: Scenario) -> None:
    async with signed_in(plain(dovecot.ports.imap), user) as talk:
        await one.play(talk)
        assert one.commands <= talk.ran


async def test_starttls_login_and_logout(dovecot: Dovecot, user: str) -> None:
    """RFC 3501: the commands that begin and end a conversation."""
    endpoint = Endpoint(HOST, dovecot.ports.imap, TLSMode.STARTTLS, dovecot.ca_file)
    async with signed_in(endpoint, user) as talk:
        assert talk.private
    assert talk.state is State.LOGOUT
    assert talk.ran >= BEGIN_AND_END - {Authenticate, Compress}


async def test_compress(user: str) -> None:
    """RFC 4978: commands behind it and answers to them go compressed; a second one is refused and changes nothing."""
    with Dovecot(Layout(compress=True)) as compressing:
        async with signed_in(plain(compressing.ports.imap), user) as talk:
            assert "COMPRESS=DEFLATE" in await talk.submit(Capability())
            compressed, appended = talk.submit(Compress()), talk.submit(Append(INBOX, mail("x" * 10_000)))
            await compressed
            assert await appended is not None
            assert talk.octets_sent < 1_000
            with pytest.raises(No):
                await talk.compress()
            assert (await talk.submit(Select(INBOX))).exists == 1


async def test_authenticate_with_and_without_initial_response(dovecot: Dovecot, user: str) -> None:
    """RFC 4422, RFC 4616 and RFC 4959: PLAIN in one round trip, in two, and refused."""
    for capabilities in (None, Capabilities(["SASL-IR"])):
        talk = await Recorded.open(plain(dovecot.ports.imap), QUICK)
        await talk.submit(authenticate(Plain(user, PASSWORD), capabilities))
        assert talk.state is State.AUTHENTICATED
        await talk.close()
    talk = await Recorded.open(plain(dovecot.ports.imap), QUICK)
    with pytest.raises(No) as refused:
        await talk.submit(authenticate(Plain(user, "wrong"), None))
    assert refused.value.answer.tagged.code_is("AUTHENTICATIONFAILED")
    assert "wrong" not in str(refused.value)
    await talk.close()


def test_no_command_is_left_out() -> None:
    """What no server here offers is named with the reason, everything else runs above."""
    values = [getattr(imap, name) for name in imap.__all__]
    commands = {value for value in values if inspect.isclass(value) and issubclass(value, Command)} - {Command}
    ran = BEGIN_AND_END.union(*(one.commands for one in SCENARIOS))
    assert commands - ran == NOT_OFFERED.keys()


async def test_what_is_called_not_offered_is_not_offered(dovecot: Dovecot, user: str) -> None:
    async with signed_in(plain(dovecot.ports.imap), user) as talk:
        offered = await talk.submit(Capability())
    assert "UTF8=ACCEPT" not in offered
    assert "CREATE-SPECIAL-USE" not in offered
