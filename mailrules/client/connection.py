"""One connection to one server: commands go out in flights, and each has a future.

`submit` never waits: all that is submitted before the loop's next turn leaves in one write, and answers may come in
any order. Whatever ends the connection fails every future that is still open.
"""

from __future__ import annotations

import asyncio
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self, TypeVar

from mailrules.client.endpoint import Endpoint, Timeouts
from mailrules.client.errors import ClientError, CommandTimeout, ConnectionLost
from mailrules.client.hopes import Hopes
from mailrules.client.loss import lost
from mailrules.client.opening import Opening
from mailrules.client.waiting import Waiter, Waiting
from mailrules.client.watchdog import Watchdog
from mailrules.client.wire import Wire
from mailrules.imap import (
    Capabilities,
    Capability,
    Command,
    Completed,
    Compress,
    Flow,
    Greeted,
    Idle,
    Idling,
    ImapError,
    Kind,
    Logout,
    Noop,
    Quirks,
    Response,
    SelectedMailbox,
    State,
    StatusResponse,
    Unsolicited,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

GOODBYE = 1.0  # seconds for LOGOUT


class Connection:
    """A connection with its greeting read and TLS up; `open` makes one.

    `on_unsolicited` gets every untagged response that answers no command. `last_heard` is the loop's time of the last
    byte from the server, which is a proof of life, whatever it said. `misunderstood` counts what made no sense.
    """

    __slots__ = (
        "_bye",
        "_encrypted",
        "_hopes",
        "_idle_runs",
        "_idle_tag",
        "_loop",
        "_loss",
        "_opening",
        "_protocol",
        "_timeouts",
        "_waiting",
        "_watchdog",
        "_wire",
        "endpoint",
        "misunderstood",
        "on_unsolicited",
    )

    def __init__(self, endpoint: Endpoint, timeouts: Timeouts) -> None:
        self.endpoint = endpoint
        self.on_unsolicited: Callable[[Response], None] | None = None
        self.misunderstood = 0
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._wire = Wire(self)
        self._protocol = self._wire.protocol
        self._waiting: dict[bytes, Waiter] = {}
        self._idle_tag: bytes | None = None  # of the IDLE that was not told to end
        self._idle_runs = False
        self._hopes = Hopes()
        self._loss: Callable[[], Exception] | None = None
        self._bye: StatusResponse | None = None
        self._encrypted = False
        self._opening: Opening | None = None
        self._watchdog = Watchdog(timeouts.silence, self)

    @classmethod
    async def open(cls, endpoint: Endpoint, timeouts: Timeouts | None = None) -> Self:
        """Connect, read the greeting and turn to TLS as the endpoint says.

        Raises ConnectFailed, ConnectTimeout, ConnectionLost (also for a greeting that is BYE) and TLSFailure.
        """
        connection = cls(endpoint, timeouts or Timeouts())
        connection._opening = Opening(connection, connection._wire)
        try:
            connection._encrypted = await connection._opening.run(connection._timeouts.connect)
        except BaseException:
            connection.abort()
            raise
        finally:
            connection._opening = None
        return connection

    # --- what it is now

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self._protocol.state

    @property
    def capabilities(self) -> Capabilities | None:
        """What the server has said it can do; None if it has not since TLS came up."""
        return self._protocol.capabilities

    @property
    def selected(self) -> SelectedMailbox | None:
        """The selected mailbox as it is now."""
        return self._protocol.selected

    @property
    def quirks(self) -> Quirks:
        """What the server does otherwise than one would think."""
        return self._protocol.quirks

    @property
    def last_heard(self) -> float:
        """The loop's time of the last byte from the server."""
        return self._wire.last_heard

    @property
    def last_answer(self) -> float:
        """The loop's time at which a command, or a good part of a long answer, came to its end."""
        return self._watchdog.last_answer

    @property
    def octets_sent(self) -> int:
        """What the network has carried to the server, as compressed as it went; what TLS adds is not counted."""
        return self._wire.octets_sent

    @property
    def octets_received(self) -> int:
        """What the network has carried from the server, counted like `octets_sent`."""
        return self._wire.octets_received

    @property
    def compressed(self) -> bool:
        """Whether what goes over it is compressed by now."""
        return self._wire.compressed

    @property
    def idling(self) -> bool:
        """Whether IDLE was submitted and neither done() has ended it nor the server refused or ended it."""
        return self._idle_tag is not None

    @property
    def private(self) -> bool:
        """Whether nobody between here and the server can read along: TLS, or a loopback address."""
        if self._encrypted:
            return True
        peer = self._wire.peer()
        return bool(peer) and ip_address(peer.partition("%")[0]).is_loopback

    # --- commands

    def submit(self, command: Command[T]) -> asyncio.Future[T]:
        """Send a command with all that is submitted before the loop's next turn, in one write; IDLE ends with it.

        The future raises Refused for NO and BAD, ConnectionLost or CommandTimeout where no answer will come. Raises at
        once StateError and ArgumentError, which are the caller's mistakes.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        waiting = Waiting(command, future)
        if self._loss is not None:
            waiting.fail(self._loss())
            return future
        if self._idle_tag is not None:
            self.done()
        was_due = self.answer_is_due()
        tag = self._protocol.send(command)
        self._waiting[tag] = waiting
        if command.flow is Flow.IDLE:
            self._idle_tag = tag
            self._idle_runs = False
        self._expect(was_due=was_due)
        return future

    async def ask_capabilities(self) -> Capabilities:
        """Return what the server can do, asking if it has not told by itself. Raises Refused and NetworkError."""
        if self.capabilities is not None:
            return self.capabilities
        told = await self.submit(Capability())
        return self._protocol.capabilities or told  # without what its quirks make better left alone

    def idle(self) -> asyncio.Future[None]:
        """Submit IDLE; the future is done when it has ended, and nobody has to look at it. RFC 2177."""
        ended = self.submit(Idle())
        ended.add_done_callback(_looked_at)
        return ended

    def done(self) -> None:
        """End IDLE: DONE goes out as soon as it may, with what is submitted now behind it. Without IDLE: nothing."""
        if self._idle_tag is None:
            return
        was_due = self.answer_is_due()
        self._protocol.done()
        self._idle_tag = None
        self._expect(was_due=was_due)

    async def compress(self) -> None:
        """Have all that goes over the connection compressed from now on, both ways; it ends IDLE. RFC 4978.

        It takes a round trip, in which other commands wait, and 100 KiB. Raises Refused and NetworkError; then nothing
        has changed.
        """
        self.done()
        await self.submit(Compress())

    def ask_for_life(self, within: float) -> None:
        """Ask what can be answered at once, ending IDLE: the connection is given up if no byte comes in these seconds.

        What is submitted now goes with it in one flight.
        """
        if self.idling:
            self.done()
        else:
            self.submit(Noop()).add_done_callback(_looked_at)
        self._watchdog.expect_sign(within)

    def until(
        self,
        predicate: Callable[[], bool],
        timeout: float | None = None,
    ) -> Coroutine[object, object, bool]:
        """Wait for the predicate to hold; it is tried again after every received chunk and poke().

        False when `timeout` seconds are over. Raises ConnectionLost, or CommandTimeout, if it cannot hold any more.
        """
        return self._hopes.until(predicate, timeout)

    def poke(self) -> None:
        """Have every `until` try its predicate again."""
        self._hopes.look()

    async def close(self) -> None:
        """Say LOGOUT and end, within a second."""
        try:
            async with asyncio.timeout(GOODBYE):
                self.done()
                await self.submit(Logout())
                await self.until(lambda: False)  # the server's end of it
        except (TimeoutError, ClientError, ImapError):
            pass  # the server may think of it what it likes
        finally:
            self.abort()

    def abort(self) -> None:
        """End at once, without a word to the server."""
        self._end(partial(ConnectionLost, f"{self.endpoint}: the connection was closed here"))

    # --- the wire and the watchdog call these

    def on_chunk(self, octets: int) -> None:
        """Hand out what the protocol made of so many octets."""
        only_answers = True
        for event in self._protocol.events():
            match event:
                case Completed(tag=tag, command=command, answer=answer):
                    if command.flow is Flow.COMPRESS and answer.tagged.kind is Kind.OK:
                        self._wire.compress(self._protocol.compression_started())
                    if tag == self._idle_tag:
                        self._idle_tag = None
                    if (waiting := self._waiting.pop(tag, None)) is not None:
                        waiting.settle(answer)
                    self._watchdog.answered()
                case Idling(tag=tag):
                    self._idle_runs = tag == self._idle_tag
                case Greeted(response=response):
                    self._note_bye(response)
                    if self._opening is not None:
                        self._opening.greeted(response)
                case Unsolicited(response=response):
                    only_answers = False
                    self.misunderstood += not response.makes_sense
                    self._note_bye(response)
                    if self.on_unsolicited is not None:
                        self.on_unsolicited(response)
                case _:
                    pass  # Closed: the wire says so itself
        if only_answers:
            self._watchdog.received(octets)
        if self._bye is not None:  # some leave the connection open after it
            self._end(partial(lost, self.endpoint, None, self._bye))
        self._hopes.look()

    def on_lost(self, error: Exception | None) -> None:
        """Take note that nothing more will come, and of the reason if it is known."""
        self._end(partial(lost, self.endpoint, error, self._bye))

    def answer_is_due(self) -> bool:
        """Whether somebody waits for the server."""
        idle = 1 if self._idle_tag is not None and self._idle_runs else 0
        return len(self._waiting) > idle

    def give_up(self, why: str) -> None:
        """End it: the server does not answer."""
        self._end(partial(CommandTimeout, f"{self.endpoint}: the server {why}"))

    def _end(self, loss: Callable[[], Exception]) -> None:
        """Fail all that waits, once; the first reason is the one that is told."""
        if self._loss is None:
            self._loss = loss
        self._watchdog.stop()
        self._idle_tag = None
        waiting, self._waiting = list(self._waiting.values()), {}
        for one in waiting:
            one.fail(self._loss())
        if self._opening is not None:
            self._opening.fail(self._loss())
        self._hopes.lose(self._loss)
        self._wire.abort()

    # --- small things

    def _note_bye(self, response: Response) -> None:
        if isinstance(response, StatusResponse) and response.kind is Kind.BYE and self._bye is None:
            self._bye = response

    def _expect(self, *, was_due: bool) -> None:
        if not was_due:
            self._watchdog.wait_begins()
        self._wire.flush_soon()


def _looked_at(future: asyncio.Future[None]) -> None:
    """Take note of how it ended: nobody else may, and asyncio would complain."""
    if not future.cancelled():
        future.exception()
