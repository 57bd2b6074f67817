"""Keeps things going: work is repeated after whatever went wrong, and flights are not cut by a stop.

Stopping is cancelling. What must not be cut in the middle, a flight of commands, runs in ``unhurried``.
"""

from __future__ import annotations

import asyncio
import errno
import re
from typing import TYPE_CHECKING, TypeVar

from mailrules.client import ClientError
from mailrules.daemon.backoff import delays
from mailrules.daemon.door import DoorClosed
from mailrules.daemon.vitals import Condition
from mailrules.imap import ImapError, Refused
from mailrules.store import StateError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from structlog.typing import FilteringBoundLogger

    from mailrules.daemon.pulse import Pulse

T = TypeVar("T")

__all__ = ["GRACE", "ended", "retried", "unhurried"]

GRACE = 3.0  # seconds; with a second for LOGOUT, a stop takes less than five
_STEADY = 10.0  # seconds; what got in and lasted as long was a success, and the delays begin anew
_THROTTLED = re.compile(r"Suggested Backoff Time: (\d{1,9}) milliseconds", re.IGNORECASE)  # as Exchange Online says it


async def retried(work: Callable[[], Awaitable[None]], log: FilteringBoundLogger, pulse: Pulse) -> None:
    """Do ``work`` until it returns. Troubles are logged and never raised; the next try follows after a delay.

    The delays grow from try to try. They begin anew only after one by which ``pulse`` has arrived, to say that it
    got where it wanted to be, and did not end soon: to fail slowly is no success.
    """
    loop = asyncio.get_running_loop()
    pauses = delays()
    while True:
        began = loop.time()
        pulse.arrived = False
        try:
            return await work()
        except DoorClosed as error:
            # The door has told why, and keeps everybody waiting.
            pulse.turn(Condition.REFUSED, str(error), error.pause)
            continue
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            trouble: Exception = RuntimeError("something that was waited for has been cancelled")
            log.exception("unexpected error")
        except (ClientError, ImapError, StateError) as error:
            trouble = error
        except Exception as error:
            if not _is_short_of_descriptors(error):
                log.exception("unexpected error")
            trouble = error
        finally:
            pulse.leave()
            pulse.keep()
        if pulse.arrived and loop.time() - began >= _STEADY:
            pauses = delays()
        pause = max(next(pauses), _asked_for(trouble))
        reason = str(trouble) or type(trouble).__name__
        log.warning("interrupted", reason=reason, next_try=f"in {pause:.1f} s")
        pulse.turn(Condition.REFUSED if isinstance(trouble, Refused) else Condition.BACKING_OFF, reason, pause)
        pulse.make("waiting for the next try", pause)
        await asyncio.sleep(pause)
        pulse.keep()


def _is_short_of_descriptors(error: Exception) -> bool:
    """Whether it failed for lack of descriptors: those of the process, or of the whole system."""
    return isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}


async def unhurried(work: Coroutine[object, object, T]) -> T:
    """Carry ``work`` out; if the caller is cancelled meanwhile, it has ``GRACE`` seconds to come to its end."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait({task}, timeout=GRACE)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        raise


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait for their end; again when it takes too long, or when the caller is cancelled meanwhile."""
    pending = {task for task in tasks if not task.done()}
    hurried = False
    while pending:
        for task in pending:
            task.cancel()
        try:
            _, pending = await asyncio.wait(pending, timeout=GRACE + 1.0)
        except asyncio.CancelledError:
            hurried = True
            pending = {task for task in pending if not task.done()}
    if hurried:
        raise asyncio.CancelledError


def _is_cancelled() -> bool:
    """Whether somebody wants this task to end; what it waited for may have been cancelled instead."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _asked_for(trouble: Exception) -> float:
    """Return the seconds for which the server asked to be left alone."""
    text = trouble.answer.tagged.text if isinstance(trouble, Refused) else ""
    found = _THROTTLED.search(text)
    return min(int(found[1]) / 1000, 3600) if found else 0.0
