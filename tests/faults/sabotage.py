"""Ways to break mailrules on purpose, so that the harness can be seen to find it out; run in a `Nursery` only."""

from __future__ import annotations

from unittest.mock import patch

from mailrules.imap import ExpungeDeleted


def repeat_copies() -> None:
    """Send a COPY or MOVE without an answer again, whatever the look at its target has shown."""
    patch("mailrules.engine.recovery.settle_by", lambda *_, **__: None).start()


def expunge_all() -> None:
    r"""Send the bare EXPUNGE, which takes along what others have marked \Deleted."""
    patch("mailrules.engine.executor.UidExpunge", lambda _: ExpungeDeleted()).start()
