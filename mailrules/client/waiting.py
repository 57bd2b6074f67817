"""One command whose answer somebody waits for: a future, and how an answer settles it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from mailrules.imap import Answer, Bad, Command, Kind, No

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class Waiter(Protocol):
    """What the connection needs to know of one command in flight."""

    def settle(self, answer: Answer) -> None:
        """Hand over the server's answer."""

    def fail(self, error: Exception) -> None:
        """Say that there will be none."""


class Waiting(Generic[T]):
    """A command in flight. If its future was cancelled, the answer is dropped: nobody waits any more."""

    __slots__ = ("_command", "_future")

    def __init__(self, command: Command[T], future: asyncio.Future[T]) -> None:
        self._command = command
        self._future = future

    def settle(self, answer: Answer) -> None:
        """Turn OK into the command's result, NO and BAD into an exception that keeps the untagged data."""
        if self._future.done():
            return
        match answer.tagged.kind:
            case Kind.OK:
                try:
                    self._future.set_result(self._command.result(answer))
                except Exception as error:  # noqa: BLE001 - it belongs to whoever waits, not to the pump
                    self._future.set_exception(error)
            case Kind.NO:
                self._future.set_exception(No(self._command.name.decode(), answer))
            case _:
                self._future.set_exception(Bad(self._command.name.decode(), answer))

    def fail(self, error: Exception) -> None:
        """Fail the future. Not looking at it is no mistake: whoever uses the connection next is told again."""
        if not self._future.done():
            self._future.set_exception(error)
            self._future.exception()
