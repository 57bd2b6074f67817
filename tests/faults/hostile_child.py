"""The command line where Python tells most about itself: asyncio's debug mode, every callback told, and a bug.

``python -m tests.faults.hostile_child run -c FILE`` runs ``mailrules run -c FILE`` so; the sign-in of the user named
``bug`` meets an error that nobody expects, and objects are shown in the log at the end as a debugger shows them.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import warnings

from mailrules.cli import main, run
from mailrules.client import signin
from mailrules.client.connection import Connection
from mailrules.client.signin import Credentials
from mailrules.imap import Capabilities

_present = signin._present


async def present_or_fail(connection: Connection, credentials: Credentials, offered: Capabilities) -> None:
    """Sign in, or be a bug."""
    if credentials.username == "bug":
        password = credentials.password
        raise RuntimeError(f"a bug near {len(password)} characters")
    task = asyncio.create_task(_present(connection, credentials, offered))
    await asyncio.sleep(0)
    show_objects()  # with the password on its way
    await task


class TalkativeLoop(asyncio.SelectorEventLoop):
    """A loop that takes every callback for a slow one, and tells of it."""

    def __init__(self) -> None:
        super().__init__()
        self.set_debug(True)
        self.slow_callback_duration = 0.0


def show_objects() -> None:
    """Write down how everything of ours, and every future and handle, shows itself."""
    for each in gc.get_objects():
        kind = type(each)
        if kind.__module__.startswith(("mailrules.", "asyncio", "_asyncio")):
            print(repr(each), file=sys.stderr)


if __name__ == "__main__":
    warnings.simplefilter("always")
    logging.getLogger("asyncio").setLevel(logging.DEBUG)
    signin._present = present_or_fail
    run._loop_factory = lambda: TalkativeLoop
    main()
