"""The IMAP client protocol without a network.

`ClientProtocol` is one conversation: commands and bytes go in, events and bytes come out, and somebody else moves the
bytes. Start with its file, then `outbox` (what may be written when) and `commands.base` (what a command is). Reading
has two stages: `framing` cuts complete responses, `parser` understands them. Nothing here knows sockets or the time.

What of which RFC is supported stands in `standards`.
"""

from mailrules.imap import extensions  # first of all: what they read is registered then
from mailrules.imap.capability import Capabilities
from mailrules.imap.codes import (
    BadCharset,
    CapabilityCode,
    OtherCode,
    PermanentFlags,
    ResponseCode,
    SimpleCode,
    UidNext,
    UidValidity,
    Unseen,
)
from mailrules.imap.commands.anystate import Capability, Logout, Noop
from mailrules.imap.commands.append import Append, NewMessage
from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.commands.copy import Copy, UidCopy
from mailrules.imap.commands.fetch import Fetch, FetchAttribute, Items, UidFetch, body, header, header_fields
from mailrules.imap.commands.listing import List, ListEntry, ListOption, Lsub, Status, StatusItem
from mailrules.imap.commands.mailboxes import Create, Delete, Examine, Rename, Select, Subscribe, Unsubscribe
from mailrules.imap.commands.notauth import Authenticate, Login, Mechanism, StartTLS
from mailrules.imap.commands.search import Search, UidSearch, UidSearchNamed
from mailrules.imap.commands.selected import Check, Close, ExpungeDeleted
from mailrules.imap.commands.store import Echo, Store, StoreMode, UidStore
from mailrules.imap.errors import (
    ArgumentError,
    Bad,
    FramingError,
    ImapError,
    No,
    ParseError,
    ProtocolError,
    Refused,
    StateError,
)
from mailrules.imap.events import Closed, Completed, Event, Greeted, Idling, Unsolicited
from mailrules.imap.extensions.compress import Compress
from mailrules.imap.extensions.condstore import (
    MODSEQ,
    HighestModSeq,
    Modified,
    Stored,
    UidFetchChanged,
    UidStoreUnchanged,
    Vanished,
    changed_since,
)
from mailrules.imap.extensions.enable import Enable, EnabledData
from mailrules.imap.extensions.esearch import ESearchData, ExtendedSearch, SearchReturn, UidExtendedSearch
from mailrules.imap.extensions.gmail import GMAIL, X_GM_LABELS, GmailLabels
from mailrules.imap.extensions.id import Id, IdData
from mailrules.imap.extensions.idle import Idle
from mailrules.imap.extensions.listext import CHILDREN, RECURSIVEMATCH, REMOTE, SUBSCRIBED
from mailrules.imap.extensions.liststatus import return_status
from mailrules.imap.extensions.move import Move, UidMove
from mailrules.imap.extensions.multiappend import MultiAppend
from mailrules.imap.extensions.namespace import Namespace, NamespaceData, NamespaceEntry
from mailrules.imap.extensions.notify import (
    BadEvent,
    EventGroup,
    Filter,
    Notify,
    NotifyEvent,
    NotifyNone,
    NotifyWithStatus,
)
from mailrules.imap.extensions.sasl import Plain, authenticate
from mailrules.imap.extensions.specialuse import SPECIAL_USE, SPECIAL_USES, CreateSpecialUse, special_use
from mailrules.imap.extensions.uidplus import AppendUid, CopyUid, CopyUidCode, UidExpunge
from mailrules.imap.extensions.unselect import Unselect
from mailrules.imap.extensions.utf8 import UTF8_ACCEPT, AppendUtf8
from mailrules.imap.flags import (
    ANSWERED,
    ANY_KEYWORD,
    DELETED,
    DRAFT,
    FLAGGED,
    RECENT,
    SEEN,
    Flag,
    Flags,
    admits,
    flag_key,
    has_flag,
    missing_flags,
)
from mailrules.imap.framing import Limits
from mailrules.imap.names import INBOX, MailboxName
from mailrules.imap.protocol import ClientProtocol
from mailrules.imap.quirks import Quirks
from mailrules.imap.responses import (
    Answer,
    CapabilityData,
    Continuation,
    Exists,
    Expunge,
    FetchItem,
    FlagsData,
    Kind,
    ListData,
    LsubData,
    MessageData,
    Recent,
    Response,
    SearchData,
    Section,
    SectionData,
    StatusData,
    StatusResponse,
    Tagged,
    Unknown,
)
from mailrules.imap.search import SearchProgram
from mailrules.imap.searchcheck import Attributes, meets
from mailrules.imap.searchtext import parse_search
from mailrules.imap.selected import SelectedMailbox
from mailrules.imap.state import State
from mailrules.imap.structure import Address, BodyStructure, Disposition, Envelope, MultiPart, SinglePart, walk
from mailrules.imap.uidset import UID, SeqNum, SeqSet, UIDSet

__all__ = [
    "ANSWERED",
    "ANY_KEYWORD",
    "CHILDREN",
    "DELETED",
    "DRAFT",
    "FLAGGED",
    "GMAIL",
    "INBOX",
    "MODSEQ",
    "RECENT",
    "RECURSIVEMATCH",
    "REMOTE",
    "SEEN",
    "SPECIAL_USE",
    "SPECIAL_USES",
    "SUBSCRIBED",
    "UID",
    "UTF8_ACCEPT",
    "X_GM_LABELS",
    "Address",
    "Answer",
    "Append",
    "AppendUid",
    "AppendUtf8",
    "ArgumentError",
    "Attributes",
    "Authenticate",
    "Bad",
    "BadCharset",
    "BadEvent",
    "BodyStructure",
    "Capabilities",
    "Capability",
    "CapabilityCode",
    "CapabilityData",
    "Check",
    "ClientProtocol",
    "Close",
    "Closed",
    "Command",
    "Completed",
    "Compress",
    "Continuation",
    "Copy",
    "CopyUid",
    "CopyUidCode",
    "Create",
    "CreateSpecialUse",
    "Delete",
    "Disposition",
    "ESearchData",
    "Echo",
    "Enable",
    "EnabledData",
    "Envelope",
    "Event",
    "EventGroup",
    "Examine",
    "Exists",
    "Expunge",
    "ExpungeDeleted",
    "ExtendedSearch",
    "Fetch",
    "FetchAttribute",
    "FetchItem",
    "Filter",
    "Flag",
    "Flags",
    "FlagsData",
    "Flow",
    "FramingError",
    "GmailLabels",
    "Greeted",
    "HighestModSeq",
    "Id",
    "IdData",
    "Idle",
    "Idling",
    "ImapError",
    "Items",
    "Kind",
    "Limits",
    "List",
    "ListData",
    "ListEntry",
    "ListOption",
    "Login",
    "Logout",
    "Lsub",
    "LsubData",
    "MailboxName",
    "Mechanism",
    "MessageData",
    "Modified",
    "Move",
    "MultiAppend",
    "MultiPart",
    "Namespace",
    "NamespaceData",
    "NamespaceEntry",
    "NewMessage",
    "No",
    "Noop",
    "Notify",
    "NotifyEvent",
    "NotifyNone",
    "NotifyWithStatus",
    "OtherCode",
    "ParseError",
    "PermanentFlags",
    "Plain",
    "ProtocolError",
    "Quirks",
    "Recent",
    "Refused",
    "Rename",
    "Response",
    "ResponseCode",
    "Search",
    "SearchData",
    "SearchProgram",
    "SearchReturn",
    "Section",
    "SectionData",
    "Select",
    "SelectedMailbox",
    "SeqNum",
    "SeqSet",
    "SimpleCode",
    "SinglePart",
    "StartTLS",
    "State",
    "StateError",
    "Status",
    "StatusData",
    "StatusItem",
    "StatusResponse",
    "Store",
    "StoreMode",
    "Stored",
    "Subscribe",
    "Tagged",
    "UIDSet",
    "UidCopy",
    "UidExpunge",
    "UidExtendedSearch",
    "UidFetch",
    "UidFetchChanged",
    "UidMove",
    "UidNext",
    "UidSearch",
    "UidSearchNamed",
    "UidStore",
    "UidStoreUnchanged",
    "UidValidity",
    "Unknown",
    "Unseen",
    "Unselect",
    "Unsolicited",
    "Unsubscribe",
    "Vanished",
    "admits",
    "authenticate",
    "body",
    "changed_since",
    "extensions",
    "flag_key",
    "has_flag",
    "header",
    "header_fields",
    "meets",
    "missing_flags",
    "parse_search",
    "return_status",
    "special_use",
    "walk",
]
