"""LIST-EXTENDED, RFC 5258: choosing which mailboxes LIST tells and what of them."""

from __future__ import annotations

from mailrules.imap.commands.listing import ListOption

SUBSCRIBED = ListOption((b"SUBSCRIBED",))
"""As a selection option: only subscribed names, existing or not. As a return option: tell which are. RFC 5258 §3."""

REMOTE = ListOption((b"REMOTE",))
"""Selection option: mailboxes on other servers, too. RFC 5258 §3.1."""

RECURSIVEMATCH = ListOption((b"RECURSIVEMATCH",))
"""Selection option beside another one: parents of what matches, too; they have `child_info`. RFC 5258 §3.1."""

CHILDREN = ListOption((b"CHILDREN",))
r"""Return option: \HasChildren and \HasNoChildren. RFC 5258 §3.2."""
