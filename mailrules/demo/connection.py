"""One client's connection: reads commands with their literals, lets planned faults strike, writes the answers."""

from __future__ import annotations

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from typing import TYPE_CHECKING

from mailrules.demo.dispatch import execute
from mailrules.demo.faults import Delay, Drop, Effect, Extra, Faults, Hold, Interrupt, Late, Mute, Pretend, Refuse, Torn
from mailrules.demo.parse import BadSyntax, Command, parse_command
from mailrules.demo.session import Cut, Session, State

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LINE = 65_536
"""Octets that a command's line may have, as on Dovecot."""

LITERAL = 64 * 1024 * 1024
"""Octets that a literal may have: enough for any mail that a demo or a test sends."""

_LITERAL = re.compile(rb"\{(\d{1,20})(\+?)\}\r\n\Z")


class Connection:
    """Serves one client until it logs out, goes away, or a fault cuts the line.

    `record` is called with each command as it came; `later` keeps a coroutine running that outlives the connection.
    """

    def __init__(
        self,
        reader: StreamReader,
        writer: StreamWriter,
        session: Session,
        faults: Faults,
        record: Callable[[str], None],
        later: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._session = session
        self._faults = faults
        self._record = record
        self._later = later
        self._outlived = False

    async def serve(self) -> None:
        """Greet, then answer one command after another."""
        try:
            await self._write(f"* OK [CAPABILITY {self._session.capabilities}] mailrules demo ready.\r\n".encode())
            while self._session.state is not State.LOGOUT:
                await self._next()
        except (Cut, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if not self._outlived:
                self._session.end()

    def say(self, response: str) -> None:
        """Write an untagged response at once, whatever the client is doing."""
        self._writer.write(f"* {response}\r\n".encode())

    def close(self) -> None:
        """End the connection and let go of the mailbox."""
        self._session.end()
        self._writer.close()

    async def _next(self) -> None:
        try:
            command = parse_command(await self._read_command())
        except BadSyntax as error:
            await self._write(f"* BAD Error in IMAP command received by server: {error}\r\n".encode())
            return
        self._record(_shown(command))
        effects = self._faults.strike(command.name)
        if command.name == "AUTHENTICATE":
            command = await self._with_initial_response(command)
        for effect in effects:
            if answer := await self._before(effect, command):
                await self._write(f"{command.tag} {answer}\r\n".encode())
                return
        if command.name == "IDLE" and self._session.options.has("IDLE"):
            await self._idle(command, effects)
            return
        output = execute(self._session, command)
        self._session.interrupt = None
        for effect in effects:
            match effect:
                case Drop.AFTER:
                    raise Cut
                case Torn(octets):
                    await self._write(output[:octets])
                    raise Cut
                case _:
                    pass
        await self._write(output)

    async def _before(self, effect: Effect, command: Command) -> str | None:
        """Let an effect strike before the command is carried out; returns an answer if that is all that happens."""
        match effect:
            case Refuse(answer) | Pretend(answer):
                return answer
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Hold(released):
                await released.wait()
            case Extra(responses):
                for response in responses:
                    self._session.untagged(response)
            case Interrupt():
                self._session.interrupt = effect
            case Late(seconds):
                self._outlived = True
                self._later(self._carry_out_late(command, seconds))
                raise Cut
            case Drop.BEFORE:
                raise Cut
            case _:
                pass
        return None

    async def _carry_out_late(self, command: Command, seconds: float) -> None:
        await asyncio.sleep(seconds)
        execute(self._session, command)
        self._session.end()

    async def _idle(self, command: Command, effects: tuple[Effect, ...]) -> None:
        """RFC 2177: say what changes in the mailbox when it changes, until DONE."""
        if self._session.state not in {State.AUTHENTICATED, State.SELECTED} or not command.arguments.at_end():
            await self._write(f"{command.tag} BAD IDLE can't be used now.\r\n".encode())
            return
        changed = asyncio.Event()
        self._session.on_change = changed.set
        await self._write(b"+ idling\r\n")
        if Drop.AFTER in effects:
            raise Cut
        line = asyncio.create_task(self._read_line())
        line.add_done_callback(lambda read: read.cancelled() or read.exception())  # a client that is gone is no error
        try:
            while not line.done():
                changed.clear()
                if Mute() not in effects:
                    self._session.tell_updates()
                    await self._write(self._session.take_output())
                if self._session.thrown_out:
                    return
                await _either(line, changed)
        finally:
            self._session.on_change = lambda: None
            line.cancel()
        done = line.result().strip().upper() == b"DONE"
        self._record("DONE")
        self._session.tell_updates()
        answer = "OK Idle completed." if done else "BAD Expected DONE."
        await self._write(self._session.take_output() + f"{command.tag} {answer}\r\n".encode())

    async def _with_initial_response(self, command: Command) -> Command:
        """Ask for the client's message unless it came along (SASL-IR, RFC 4959)."""
        text = f"{command.tag} AUTHENTICATE".encode() + command.arguments.rest()
        if text.upper().endswith(b" PLAIN") and self._session.state is State.NOT_AUTHENTICATED:
            await self._write(b"+ \r\n")
            text += b" " + (await self._read_line()).rstrip(b"\r\n")
        elif not self._session.options.has("SASL-IR"):
            text = text.rpartition(b" ")[0]
        return parse_command(text)

    async def _read_command(self) -> bytes:
        """Return a command's octets, literals included, without the CRLF at its end."""
        text = b""
        while True:
            line = await self._read_line()
            text += line
            literal = _LITERAL.search(line)
            if literal is None:
                return text.removesuffix(b"\n").removesuffix(b"\r")
            if literal.group(2) and not self._session.options.has("LITERAL+"):
                raise BadSyntax("Unknown literal")  # what follows is taken for commands, as Courier and WildDuck do
            if int(literal.group(1)) > LITERAL:
                self.say("BYE Literal too large")
                raise Cut
            if not literal.group(2):
                await self._write(b"+ OK\r\n")
            text += await self._reader.readexactly(int(literal.group(1)))

    async def _read_line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            self.say("BYE Too long a command line")
            raise Cut from None

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


async def _either(line: asyncio.Task[bytes], changed: asyncio.Event) -> None:
    """Wait until the client has sent a line or the mailbox has changed."""
    wake = asyncio.create_task(changed.wait())
    try:
        await asyncio.wait((line, wake), return_when=asyncio.FIRST_COMPLETED)
    finally:
        wake.cancel()


def _shown(command: Command) -> str:
    """Return a command without its tag, and without a password."""
    if command.name in {"LOGIN", "AUTHENTICATE"}:
        return command.name
    return (command.name + command.arguments.rest().decode(errors="replace"))[:1000]
