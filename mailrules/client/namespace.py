"""How mailbox names of rule files, `Lists/Python`, are written on one server: `INBOX.Lists.Python`.

In a rule file `/` parts the levels, whatever the server uses, and the prefix of the user's own mailboxes is left out.
RFC 2342.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from mailrules.imap import MailboxName
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.imap import NamespaceData

INBOX = "INBOX"


@value(frozen=True, slots=True)
class Namespace:
    """One server's way to name mailboxes.

    `prefix`: what the user's own mailboxes begin with, such as `INBOX.`; `delimiter`: None where there are no levels;
    `foreign`: prefixes of other users' and shared mailboxes, whose names are given whole.
    """

    prefix: str = ""
    delimiter: str | None = "/"
    foreign: tuple[str, ...] = ()

    @classmethod
    def told(cls, data: NamespaceData) -> Self | None:
        """Return what the server's NAMESPACE says; None if it says nothing of the user's own mailboxes."""
        if not data.personal:
            return None
        own = data.personal[0]
        others = (entry.prefix.text() for entry in (*data.other, *data.shared))
        return cls(own.prefix.text(), own.delimiter, tuple(prefix for prefix in others if prefix))

    def to_wire(self, path: str) -> MailboxName:
        """Return the server's name for a path.

        INBOX is INBOX in any case, and `INBOX/Lists` has the prefix `INBOX.` already. A delimiter that is not `/`
        becomes `_` within a level, so that no path means what another one is for.
        """
        inbox = MailboxName.from_text(path)
        if inbox.is_inbox:
            return inbox
        name = path
        if self.delimiter is not None:
            name = self.delimiter.join(level.replace(self.delimiter, "_") for level in path.split("/"))
        if any(name.startswith(prefix) for prefix in self.foreign):
            return MailboxName.from_text(name)
        if written := re.match(re.escape(self.prefix), name, re.IGNORECASE | re.ASCII):
            name = name[written.end() :]
        return MailboxName.from_text(self.prefix + name)

    def to_path(self, name: MailboxName) -> str:
        """Return the path for a server's name."""
        text = name.text()
        if name.is_inbox:
            return INBOX
        if self.prefix and text.startswith(self.prefix) and len(text) > len(self.prefix):
            text = text[len(self.prefix) :]
        return text if self.delimiter is None else text.replace(self.delimiter, "/")
