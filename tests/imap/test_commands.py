"""Every command is written as its RFC has it, and says what may answer it."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import pytest

from mailrules import imap
from mailrules.imap import (
    CHILDREN,
    INBOX,
    MODSEQ,
    RECURSIVEMATCH,
    SPECIAL_USE,
    SUBSCRIBED,
    UID,
    UTF8_ACCEPT,
    Append,
    AppendUtf8,
    ArgumentError,
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
    FetchAttribute,
    Filter,
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
    SeqSet,
    StartTLS,
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
    UidSearch,
    UidSearchNamed,
    UIDSet,
    UidStore,
    UidStoreUnchanged,
    Unselect,
    Unsubscribe,
    authenticate,
    body,
    header,
    header_fields,
    return_status,
)
from mailrules.imap.grammar import LiteralMode, segments
from mailrules.imap.search import key
from mailrules.imap.state import State

BOX = MailboxName.from_text("Архів")
ROOT = MailboxName(b"")
UIDS = UIDSet.parse(b"3:5,9")
NUMBERS = SeqSet.parse(b"1,2")
FLAGS = frozenset({"\\Seen", "$Invoice"})
TOLD = (EventGroup(Filter.SELECTED, (NotifyEvent.MESSAGE_NEW, NotifyEvent.MESSAGE_EXPUNGE)),)
STORE = UidStore(UIDS, StoreMode.ADD, FLAGS, Echo.SILENT)
WHEN = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)

WRITTEN: list[tuple[Command[object], bytes]] = [
    (Capability(), b"CAPABILITY"),
    (Noop(), b"NOOP"),
    (Logout(), b"LOGOUT"),
    (StartTLS(), b"STARTTLS"),
    (Authenticate(Plain("a", "b")), b"AUTHENTICATE PLAIN"),
    (Authenticate(Plain("a", "b"), b""), b"AUTHENTICATE PLAIN ="),
    (authenticate(Plain("a", "b"), Capabilities(["SASL-IR"])), b"AUTHENTICATE PLAIN AGEAYg=="),
    (authenticate(Plain("a", "b"), None), b"AUTHENTICATE PLAIN"),
    (Login("ann", "p w"), b'LOGIN ann "p w"'),
    (Select(INBOX), b"SELECT INBOX"),
    (Examine(BOX), b"EXAMINE &BBAEQARFBFYEMg-"),
    (Create(MailboxName(b"a b")), b'CREATE "a b"'),
    (CreateSpecialUse(MailboxName(b"T"), ("\\Trash",)), b"CREATE T (USE (\\Trash))"),
    (Delete(MailboxName(b"x")), b"DELETE x"),
    (Rename(MailboxName(b"x"), MailboxName(b"y")), b"RENAME x y"),
    (Subscribe(MailboxName(b"x")), b"SUBSCRIBE x"),
    (Unsubscribe(MailboxName(b"x")), b"UNSUBSCRIBE x"),
    (List(ROOT, (MailboxName(b"*"),)), b'LIST "" *'),
    (List(ROOT, (INBOX, MailboxName(b"a b%"))), b'LIST "" (INBOX "a b%")'),
    (
        List(ROOT, (MailboxName(b"*"),), (SUBSCRIBED, RECURSIVEMATCH), (CHILDREN, return_status(StatusItem.UIDNEXT))),
        b'LIST (SUBSCRIBED RECURSIVEMATCH) "" * RETURN (CHILDREN STATUS (UIDNEXT))',
    ),
    (List(ROOT, (MailboxName(b"*"),), returns=(SPECIAL_USE,)), b'LIST "" * RETURN (SPECIAL-USE)'),
    (Lsub(ROOT, MailboxName(b"%")), b'LSUB "" %'),
    (
        Status(INBOX, (StatusItem.MESSAGES, StatusItem.RECENT, StatusItem.UIDNEXT)),
        b"STATUS INBOX (MESSAGES RECENT UIDNEXT)",
    ),
    (Append(INBOX, NewMessage(b"hi")), b"APPEND INBOX () {2+}\r\nhi"),
    (
        Append(INBOX, NewMessage(b"hi", FLAGS, WHEN)),
        b'APPEND INBOX ($Invoice \\Seen) " 3-Feb-2024 04:05:06 +0000" {2+}\r\nhi',
    ),
    (
        MultiAppend(INBOX, (NewMessage(b"1"), NewMessage(b"2", FLAGS))),
        b"APPEND INBOX () {1+}\r\n1 ($Invoice \\Seen) {1+}\r\n2",
    ),
    (AppendUtf8(INBOX, NewMessage(b"hi")), b"APPEND INBOX () UTF8 (~{2+}\r\nhi)"),
    (Namespace(), b"NAMESPACE"),
    (Id(), b"ID NIL"),
    (Id((("name", "mailrules"),)), b'ID ("name" "mailrules")'),
    (Id((("name", None),)), b'ID ("name" NIL)'),
    (Enable((UTF8_ACCEPT, "CONDSTORE")), b"ENABLE UTF8=ACCEPT CONDSTORE"),
    (Idle(), b"IDLE"),
    (Check(), b"CHECK"),
    (Close(), b"CLOSE"),
    (Unselect(), b"UNSELECT"),
    (ExpungeDeleted(), b"EXPUNGE"),
    (UidExpunge(UIDS), b"UID EXPUNGE 3:5,9"),
    (Search(key("SEEN")), b"SEARCH SEEN"),
    (UidSearch(key("SUBJECT", "Ä")), b"UID SEARCH CHARSET UTF-8 SUBJECT {2+}\r\n\xc3\x84"),
    (ExtendedSearch(key("SEEN"), ()), b"SEARCH RETURN () SEEN"),
    (UidSearchNamed(key("SUBJECT", "Ä")), b"UID SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT {2+}\r\n\xc3\x84"),
    (UidExtendedSearch(key("TO", "Ä"), (SearchReturn.COUNT,), None), b"UID SEARCH RETURN (COUNT) TO {2+}\r\n\xc3\x84"),
    (Compress(), b"COMPRESS DEFLATE"),
    (Notify(TOLD), b"NOTIFY SET (SELECTED (MessageNew MessageExpunge))"),
    (NotifyWithStatus(TOLD), b"NOTIFY SET STATUS (SELECTED (MessageNew MessageExpunge))"),
    (NotifyNone(), b"NOTIFY NONE"),
    (Fetch(NUMBERS, (Items.FLAGS,)), b"FETCH 1:2 (FLAGS)"),
    (
        UidFetch(UIDSet.after(8), (Items.UID, Items.SIZE, Items.INTERNALDATE, header_fields(["to", "From"]))),
        b"UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM TO)])",
    ),
    (
        UidFetch(UIDS, (Items.ENVELOPE, Items.BODYSTRUCTURE, header(), body(), body(Section((2, 1), "TEXT"), (0, 99)))),
        b"UID FETCH 3:5,9 (ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER] BODY.PEEK[] BODY.PEEK[2.1.TEXT]<0.99>)",
    ),
    (UidFetch(UIDS, (body(Section((1, 2))),)), b"UID FETCH 3:5,9 (BODY.PEEK[1.2])"),
    (UidFetchChanged(UIDS, (MODSEQ,), 7), b"UID FETCH 3:5,9 (MODSEQ) (CHANGEDSINCE 7)"),
    (Store(NUMBERS, StoreMode.REMOVE, FLAGS), b"STORE 1:2 -FLAGS ($Invoice \\Seen)"),
    (STORE, b"UID STORE 3:5,9 +FLAGS.SILENT ($Invoice \\Seen)"),
    (UidStore(UIDS, StoreMode.REPLACE, frozenset()), b"UID STORE 3:5,9 FLAGS ()"),
    (
        UidStoreUnchanged(STORE, 12),
        b"UID STORE 3:5,9 (UNCHANGEDSINCE 12) +FLAGS.SILENT ($Invoice \\Seen)",
    ),
    (Copy(NUMBERS, BOX), b"COPY 1:2 &BBAEQARFBFYEMg-"),
    (UidCopy(UIDS, BOX), b"UID COPY 3:5,9 &BBAEQARFBFYEMg-"),
    (Move(NUMBERS, INBOX), b"MOVE 1:2 INBOX"),
    (UidMove(UIDS, INBOX), b"UID MOVE 3:5,9 INBOX"),
]


def public_commands() -> set[type[Command[object]]]:
    values = [getattr(imap, name) for name in imap.__all__]
    return {value for value in values if inspect.isclass(value) and issubclass(value, Command)} - {Command}


@pytest.mark.parametrize(("command", "wire"), WRITTEN, ids=lambda value: type(value).__name__)
def test_a_command_is_written_as_its_rfc_has_it(command: Command[object], wire: bytes) -> None:
    written = segments((command.name, *command.arguments()), LiteralMode.LITERAL_PLUS)
    assert written == (wire + b"\r\n",)


def test_no_command_is_left_out() -> None:
    assert {type(command) for command, _ in WRITTEN} == public_commands()


def test_every_command_knows_where_it_may_be_sent() -> None:
    for command in public_commands():
        assert command.states <= {State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED}
        assert command.states


def test_commands_are_frozen_values() -> None:
    for command, _ in WRITTEN:
        with pytest.raises((AttributeError, TypeError)):
            command.anything = 1  # type: ignore[attr-defined] # that it fails is the point


@pytest.mark.parametrize(
    "command",
    [
        UidFetch(UIDSet(), (Items.FLAGS,)),
        UidFetch(UIDS, ()),
        UidStore(UIDS, StoreMode.ADD, frozenset()),
        UidStore(UIDS, StoreMode.ADD, frozenset({"\\Recent"})),
        UidMove(UIDSet(), INBOX),
        UidExpunge(UIDSet()),
        Status(INBOX, ()),
        List(ROOT, ()),
        Enable(()),
        MultiAppend(INBOX, ()),
        Append(INBOX, NewMessage(b"\0")),
        CreateSpecialUse(INBOX, ()),
        CreateSpecialUse(INBOX, ("\\Seen",)),
        Login("ann", "a\r\nb"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_makes_no_sense_is_refused(command: Command[object]) -> None:
    with pytest.raises(ArgumentError):
        list(command.arguments())


def test_what_makes_no_sense_in_an_argument_is_refused() -> None:
    with pytest.raises(ArgumentError):
        header_fields([])
    with pytest.raises(ArgumentError):
        body(Section((), "HEADER (X"))
    with pytest.raises(ArgumentError):
        return_status()
    with pytest.raises(ArgumentError):
        Plain("a", "b\0c")
    with pytest.raises(ArgumentError):
        Plain("a", "\udc80")


def test_secrets_are_in_no_repr() -> None:
    plain = Plain("ann", "hunter2")
    for value in (Login("ann", "hunter2"), plain, Authenticate(plain), Authenticate(plain, plain.initial())):
        assert "hunter2" not in repr(value)
    assert "Subject" not in repr(NewMessage(b"Subject: private"))


def test_attributes_are_equal_by_what_is_asked() -> None:
    assert header_fields(["From", "to"]) == header_fields(["TO", "FROM"])
    assert FetchAttribute(b"FLAGS", bool) == Items.FLAGS


def test_one_uid_is_named_once() -> None:
    assert [*UidExpunge(UIDSet([UID(3), UID(3), UID(4)])).arguments()] == [b"3:4"]
