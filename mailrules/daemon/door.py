"""The way in to one account: one sign-in at a time, none too soon after a refusal, and few at one server at once."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from mailrules.client import (
    ClearTextRefused,
    ConnectionLost,
    Credentials,
    Endpoint,
    HungUp,
    NetworkError,
    Session,
    SignInFailed,
    Timeouts,
    TLSMode,
)
from mailrules.config import SecretError
from mailrules.config.secrets import COMMAND_TIMEOUT, PlainSecret
from mailrules.daemon.backoff import delays
from mailrules.daemon.pulse import Promise

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from structlog.typing import FilteringBoundLogger

    from mailrules.config import Account

__all__ = ["Door", "DoorClosed", "Pace", "TurnedAway", "sign_in"]

_FIRST_PAUSE = 120.0  # seconds, of which at least half are waited: servers lock accounts after a few wrong passwords
_LONGEST_PAUSE = 3600.0
_LIMIT = COMMAND_TIMEOUT + Timeouts().sign_in
_AT_ONCE = 8  # sign-ins at one server: TLS and passwords are work for it, and a thousand at once look like an attack
_EACH = 0.01  # seconds between two sign-ins at one server, when many wait for theirs


async def sign_in(settings: Account) -> Session:
    """Sign in once. Raises SecretError, NetworkError, SignInFailed, ClearTextRefused."""
    credentials = await _credentials(settings)
    endpoint = Endpoint(settings.host, settings.port, TLSMode[settings.tls.upper()], settings.ca_file)
    return await Session.open(endpoint, credentials, Timeouts())


class DoorClosed(NetworkError):
    """The account's sign-in was refused, and the log has it; the door stays closed for `pause` seconds."""

    def __init__(self, text: str = "", pause: float = 0.0) -> None:
        super().__init__(text)
        self.pause = pause


class TurnedAway(NetworkError):
    """The server answered, and takes no further connection just now."""


class _ShutOut(DoorClosed, TurnedAway):
    """The server said BYE in place of an answer to the sign-in: it may mean either."""


class Pace:
    """Who may sign in when: a few at the same time at each server, and one after the other, over all accounts."""

    def __init__(self) -> None:
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(partial(asyncio.Semaphore, _AT_ONCE))
        self._next: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at this server, and hold it while the block signs in."""
        loop = asyncio.get_running_loop()
        async with self._turns[host]:
            at = max(self._next.get(host, 0.0), loop.time())
            self._next[host] = at + _EACH
            if at > loop.time():
                await asyncio.sleep(at - loop.time())
            yield


class Door:
    """Opens sessions for all the connections of one account.

    A refused sign-in keeps the door closed for all of them, for a minute at least and longer each time: whoever
    hammers with a wrong password is locked out. So does one on which the server hung up.
    """

    def __init__(self, settings: Account, pace: Pace, log: FilteringBoundLogger) -> None:
        self._settings = settings
        self._pace = pace
        self._log = log
        self._turn = asyncio.Lock()
        self._pauses = delays(_FIRST_PAUSE, _LONGEST_PAUSE)
        self._closed_until = 0.0
        self.promise = Promise("the way in")
        """Of whoever has its turn; those who wait for theirs need none."""

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Wait for its turn and sign in once; the session is closed afterwards.

        Raises NetworkError: also TurnedAway where the server lets nobody in just now, and DoorClosed where it refuses
        the account.
        """
        session = await self.enter()
        try:
            yield session
        finally:
            await session.connection.close()

    async def enter(self) -> Session:
        """Wait for its turn and sign in once, as `session` does; to close the session is the caller's."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            try:
                pause = max(0.0, self._closed_until - loop.time())
                self.promise.make("closed for a while", pause)
                await asyncio.sleep(pause)
                self.promise.keep()  # whoever is before us there has a promise of its own
                async with self._pace.turn(self._settings.host):
                    self.promise.make("signing in", _LIMIT)
                    session = await sign_in(self._settings)
            except (SignInFailed, ClearTextRefused, SecretError) as error:
                if isinstance(error, SignInFailed) and error.temporary:
                    raise TurnedAway(str(error)) from error
                pause = next(self._pauses)
                self._closed_until = loop.time() + pause
                self._log.error("sign-in failed", reason=str(error), next_try=f"in {pause:.0f} s")
                closed = _ShutOut if isinstance(error, HungUp) and error.said_bye else DoorClosed
                raise closed(str(error), pause) from error
            except ConnectionLost as error:
                if error.bye is None:
                    raise
                raise TurnedAway(str(error)) from error
            finally:
                self.promise.keep()
            self._pauses = delays(_FIRST_PAUSE, _LONGEST_PAUSE)
            return session


async def _credentials(settings: Account) -> Credentials:
    """Read the password beside the loop: a command may take its time, and must not hold up the end of the process.

    It is handed over as a part of `Credentials`, since asyncio's debug mode shows what callbacks and futures hold.
    """
    if isinstance(settings.password, PlainSecret):
        return Credentials(settings.username, settings.password.reveal(), settings.auth)
    loop = asyncio.get_running_loop()
    revealed: asyncio.Future[Credentials] = loop.create_future()

    def settle(credentials: Credentials | Exception) -> None:
        if revealed.done():
            return
        if isinstance(credentials, Exception):
            revealed.set_exception(credentials)
        else:
            revealed.set_result(credentials)

    def read() -> None:
        found: Credentials | Exception
        try:
            found = Credentials(settings.username, settings.password.reveal(), settings.auth)
        except Exception as error:  # noqa: BLE001 - handed over to whoever awaits
            found = error
        try:
            loop.call_soon_threadsafe(settle, found)
        except RuntimeError:
            return  # the loop has been closed meanwhile: nobody waits any more

    threading.Thread(target=read, daemon=True).start()
    return await revealed
