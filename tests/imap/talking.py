"""A conversation with the protocol, written down in few words."""

from __future__ import annotations

from mailrules.imap import (
    INBOX,
    ClientProtocol,
    Command,
    Completed,
    Event,
    Limits,
    MailboxName,
    Select,
    SelectedMailbox,
)

ARCHIVE = MailboxName(b"Archive")


def result(event: Event) -> object:
    """Return what a completed command means."""
    assert isinstance(event, Completed)
    return event.command.result(event.answer)


class Talk:
    """A conversation after its greeting."""

    def __init__(
        self,
        greeting: str = "* PREAUTH [CAPABILITY IMAP4rev1 MOVE UIDPLUS IDLE] hi",
        limits: Limits | None = None,
    ) -> None:
        self.protocol = ClientProtocol(limits)
        self.hear(greeting)
        self.tags: dict[int, bytes] = {}

    def say(self, *commands: Command[object]) -> bytes:
        for command in commands:
            self.protocol.send(command)
        return self.protocol.data_to_send()

    def hear(self, *lines: str) -> list[Event]:
        self.protocol.receive_data("".join(line + "\r\n" for line in lines).encode())
        return self.protocol.events()

    def results(self, *lines: str) -> list[object]:
        """Hear, and return the results of what was completed; anything else that happened fails."""
        return [result(event) for event in self.hear(*lines)]

    @property
    def selected(self) -> SelectedMailbox:
        assert self.protocol.selected is not None
        return self.protocol.selected


def in_inbox() -> Talk:
    """Three messages in the selected INBOX; the next tag is A2."""
    talk = Talk()
    talk.say(Select(INBOX))
    talk.hear("* 3 EXISTS", "* OK [UIDVALIDITY 7] x", "A1 OK [READ-WRITE] done")
    return talk
