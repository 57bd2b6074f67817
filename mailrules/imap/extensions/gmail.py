"""X-GM-EXT-1, Google's own: a message's labels, and Gmail's search. developers.google.com/gmail/imap/imap-extensions.

Of the extension's items X-GM-MSGID and X-GM-THRID are not asked for.
"""

from __future__ import annotations

from mailrules.imap import mutf7
from mailrules.imap.commands.fetch import FetchAttribute
from mailrules.imap.cursor import Cursor
from mailrules.imap.registry import fetch_item
from mailrules.imap.responses import FetchItem
from mailrules.imap.search import Operand, extension_key
from mailrules.values import value

GMAIL = "X-GM-EXT-1"
"""The capability."""


@value(frozen=True, slots=True)
class GmailLabels(FetchItem):
    r"""The labels of a message; those that Gmail makes itself begin with a backslash: ``\Inbox``, ``\Important``.

    The label of the mailbox that is selected may not be among them.
    """

    labels: frozenset[str]


X_GM_LABELS = FetchAttribute(
    b"X-GM-LABELS", lambda data: any(isinstance(item, GmailLabels) for item in data.extensions)
)
"""To ask FETCH for the labels."""

extension_key("X-GM-RAW", (Operand.TEXT,), GMAIL)
extension_key("X-GM-LABELS", (Operand.TEXT,), GMAIL)


@fetch_item(b"X-GM-LABELS")
def gmail_labels(cursor: Cursor) -> GmailLabels:
    """Read "(" [astring *(SP astring)] ")", each in modified UTF-7; NIL is none."""
    return GmailLabels(frozenset() if cursor.nil() else frozenset(map(_label, cursor.list_of(Cursor.astring))))


def _label(raw: bytes) -> str:
    try:
        return mutf7.decode(raw)
    except ValueError:
        return raw.decode("utf-8", "backslashreplace")
