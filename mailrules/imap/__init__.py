"""The IMAP client protocol without a network.

`ClientProtocol` is one conversation: commands and bytes go in, events and bytes come out, and somebody else moves the
bytes. Start with its file, then `outbox` (what may be written when) and `commands.base` (what a command is). Reading
has two stages: `framing` cuts complete responses, `parser` understands them. Nothing here knows sockets or the time.

What is supported, and how it is tried. "Dovecot": the commands run against a real one; "transcript": the RFC's examples
are played against `ClientProtocol`, whole and octet by octet, as they are for the others; "unit": by unit tests only.
The tests hold this table against the code: what it cites anywhere is here, except for the RFCs of Sieve scripts, which
are those of `mailrules.sieve`.

==== ================================== ================================================================== ==========
RFC  Title                              How far                                                            Tried
==== ================================== ================================================================== ==========
1035 Domain names                       the length of labels                                               unit
2045 MIME: format of bodies             attachments, in rules                                              unit
2046 MIME: media types                  attachments, in rules                                              unit
2047 MIME: encoded words in headers     reading, in rules                                                  unit
2177 IDLE                               all                                                                Dovecot
2183 Content-Disposition                attachments, in rules                                              unit
2231 MIME: parameter values             reading, in rules                                                  unit
2342 NAMESPACE                          all                                                                Dovecot
2369 List-* header fields               kinds of mail, in rules                                            unit
2919 List-Id                            reading, in rules                                                  unit
2971 ID                                 all                                                                Dovecot
3339 Dates on the Internet              dates in rule files                                                unit
3464 Delivery status notifications      kinds of mail, in rules                                            unit
3490 Internationalized domain names     comparing domains, in rules                                        unit
3501 IMAP4rev1                          all                                                                Dovecot
3502 MULTIAPPEND                        all                                                                Dovecot
3691 UNSELECT                           all                                                                Dovecot
3834 Auto-Submitted                     kinds of mail, in rules                                            unit
4315 UIDPLUS                            all; UIDNOTSTICKY is only passed on                                Dovecot
4422 SASL                               what AUTHENTICATE needs of it                                      Dovecot
4616 SASL PLAIN                         all                                                                Dovecot
4731 ESEARCH                            all                                                                Dovecot
4790 Collations                         i;ascii-numeric, in rules                                          unit
4959 SASL-IR                            all                                                                Dovecot
4978 COMPRESS=DEFLATE                   all                                                                Dovecot
5161 ENABLE                             all                                                                Dovecot
5173 Sieve body                         what a body is, in rules                                           unit
5229 Sieve variables                    what a pattern's wildcards stood for, in rules                     unit
5233 Sieve subaddress                   user and detail of an address, in rules                            unit
5258 LIST-EXTENDED                      all                                                                Dovecot
5260 Sieve date                         parts of dates, in rules                                           unit
5322 Internet Message Format            headers, in rules; names of fields                                 unit
5465 NOTIFY                             all; events of annotations and metadata are only asked for         Dovecot
5490 Sieve mailboxexists                which mailboxes there are, in rules                                unit
5530 Response codes                     by name                                                            unit
5819 LIST-STATUS                        all                                                                Dovecot
5890 Internationalized domain names     comparing domains, in rules                                        unit
6154 SPECIAL-USE, CREATE-SPECIAL-USE    all; CREATE-SPECIAL-USE by transcript                              Dovecot
6522 multipart/report                   kinds of mail, in rules                                            unit
6761 Special-use domain names           which addresses are the machine's own                              unit
6838 Media type registration            how long a type is, in tests of rules                              unit
6851 MOVE                               all                                                                Dovecot
6855 UTF8=ACCEPT                        all; no UTF8=ONLY                                                  transcript
7162 CONDSTORE, QRESYNC                 CONDSTORE; of QRESYNC only VANISHED, which is never asked for      Dovecot
7352 Sieve duplicate                    telling duplicates, in rules                                       unit
7888 LITERAL+, LITERAL-                 all; LITERAL- by transcript                                        Dovecot
8098 Message disposition notifications  kinds of mail, in rules                                            unit
8314 TLS for mail                       ports and modes, in the client                                     unit
8457 Important, a special use           all                                                                unit
8474 OBJECTID                           MAILBOXID in STATUS; other ids are not read                        transcript
8579 Sieve specialuse_exists            which special uses there are, in rules                             unit
8601 Authentication-Results             reading, in rules                                                  unit
9051 IMAP4rev2                          what it shares with IMAP4rev1; ESEARCH answers, OLDNAME, CLOSED    transcript
==== ================================== ================================================================== ==========

Beside the RFCs there is X-GM-EXT-1, Google's own: labels of messages and Gmail's search, tried by transcript.
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
