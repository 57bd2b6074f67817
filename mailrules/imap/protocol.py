"""One IMAP conversation from the client's side, without a network: bytes and commands in, bytes and events out.

The caller's loop::

    protocol.send(command)                 any number of them, in one flight
    write(protocol.data_to_send())
    protocol.receive_data(read())          receive_eof() when the other side closed
    for event in protocol.events(): ...

and after each of `send`, `done` and `receive_data` there may be data to send. Nothing here waits, and nothing knows
the time.

Which command an untagged response answers is in `inflight`; what nobody claims is unsolicited.

RFC 9051 §2.2 and §5.5.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailrules.imap import brief, quirks
from mailrules.imap.capability import Capabilities
from mailrules.imap.codes import CapabilityCode, ResponseCode
from mailrules.imap.commands.base import Command, Flow, Share
from mailrules.imap.commands.mailboxes import Select
from mailrules.imap.errors import ProtocolError, StateError
from mailrules.imap.events import Closed, Completed, Event, Greeted, Idling, Unsolicited
from mailrules.imap.extensions.enable import Enable
from mailrules.imap.extensions.literal import literal_mode
from mailrules.imap.framing import Framer, Limits, weight
from mailrules.imap.inflight import InFlight
from mailrules.imap.outbox import Outbox, Plus
from mailrules.imap.parser import parse_counting
from mailrules.imap.responses import (
    Answer,
    CapabilityData,
    Continuation,
    Expunge,
    Kind,
    MessageData,
    Response,
    StatusData,
    StatusResponse,
    Tagged,
    Unknown,
)
from mailrules.imap.selected import SelectedMailbox
from mailrules.imap.state import State, Step, after
from mailrules.imap.usual import Usual

_LIMITS = Limits()
_NOTHING: frozenset[str] = frozenset()
_FEW = 8
"""Responses that are not worth being halved to find whose they are."""
_TURNS = (Flow.STARTTLS, Flow.COMPRESS)
_GREETINGS = {Kind.OK: Step.GREET, Kind.PREAUTH: Step.PREAUTHENTICATE, Kind.BYE: Step.LOGOUT}


class ClientProtocol:
    """The conversation's state, and everything that moves it.

    `capabilities` is None as long as the server has not told them; they are forgotten after TLS, and after sign-in
    unless the server tells them again by itself. `enabled` are the extensions that ENABLE turned on. `selected` is
    live: it changes with each response.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.state = State.AWAITING_GREETING
        self.capabilities: Capabilities | None = None
        self.enabled = _NOTHING
        self.selected: SelectedMailbox | None = None
        self.quirks = quirks.NONE
        self._greeting = ""
        self._limits = limits or _LIMITS
        self._framer = Framer(self._limits)
        self._usual = Usual()
        self._outbox = Outbox()
        self._in_flight = InFlight(self._outbox, self._limits)
        self._events: list[Event] = []
        self._commands = 0
        self._turn_due: Flow | None = None
        """STARTTLS or COMPRESS, when its OK has come: what follows is no IMAP before something else is done."""

    # What the client does

    def send(self, command: Command[object]) -> bytes:
        """Queue a command behind those before it and return its tag.

        Raises ArgumentError if it cannot be written, StateError where it has no place: in this state, or in the one
        that the commands in flight will lead to; behind IDLE before `done`; behind STARTTLS before `tls_started`.
        Then nothing was queued.
        """
        expected = self._in_flight.state_to_come(self.state)
        if expected not in command.states:
            raise StateError(f"{command.name.decode()}: not allowed when {expected.value}")
        if self._outbox.closed_because is not None:
            raise StateError(f"{command.name.decode()}: {self._outbox.closed_because}")
        tag = b"A%d" % (self._commands + 1)
        self._outbox.put(tag, command)
        self._commands += 1
        self._in_flight.add(tag, command)
        return tag

    def done(self) -> None:
        """End IDLE: DONE leaves once its ``+`` has come, and what is sent after this call follows in the same flight.

        Nothing happens if no IDLE was sent or the server ended it.
        """
        self._in_flight.change()
        self._outbox.done()

    @property
    def has_data_to_send(self) -> bool:
        """Whether anything must be written to the server now."""
        return self._outbox.waits

    def data_to_send(self) -> bytes:
        """Return what must be written to the server now."""
        return self._outbox.take()

    def tls_started(self) -> None:
        """Go on after STARTTLS: TLS is up on this connection.

        Raises ProtocolError if the server had sent anything behind its OK: those octets came in the clear and may be
        an attacker's. RFC 9051 §6.2.1 has the client forget the capabilities that it knew before.
        """
        if self._turn_due is not Flow.STARTTLS:
            raise StateError("STARTTLS: was not answered with OK")
        if self._framer.buffered:
            raise ProtocolError("STARTTLS: the server sent more in the clear behind its OK")
        self._turn_due = None
        self._know(None)
        self._in_flight.change()
        self._outbox.go_on()

    def compression_started(self) -> bytes:
        """Go on after COMPRESS: what is received and sent from now on is compressed on its way. RFC 4978 §3.

        Return what was received behind its OK, which is to be decompressed and received once more.
        """
        if self._turn_due is not Flow.COMPRESS:
            raise StateError("COMPRESS: was not answered with OK")
        self._turn_due = None
        self._in_flight.change()
        self._outbox.go_on()
        return self._framer.hand_over()

    # What the server does

    def receive_data(self, data: bytes) -> None:
        """Take octets from the server, chopped up in any way; then look at `events`.

        Raises FramingError when nothing more can be read, ProtocolError when this is no IMAP server or an answer does
        not end. The connection is lost then.
        """
        framer = self._framer
        framer.receive_data(data)
        responses = framer.responses()
        while self._turn_due is None:
            run = self._usual.read(framer.waiting, self._limits)
            if run.octets:
                framer.skip(run.octets)
                self._take_run(run.responses, run.weights)
            elif (answers := brief.read(framer.waiting, self._limits))[1]:
                if framer.skip(self._take_brief(answers[0])) == 0:
                    return
            elif (raw := next(responses, None)) is not None:
                response, values = parse_counting(raw)
                self._usual.learn(raw, response)
                self._take(response, weight(len(raw), values))
            else:
                return

    def receive_eof(self) -> None:
        """Take note that the server closed the connection."""
        self._log_out()
        self._events.append(Closed())

    def events(self) -> list[Event]:
        """Return what happened since the last call."""
        happened, self._events = self._events, []
        return happened

    def _take(self, response: Response, weight: int) -> None:
        if self.state is State.AWAITING_GREETING:
            self._greet(response)
            return
        match response:
            case MessageData() | StatusData():  # say nothing of the selected mailbox, and come by the thousand
                self._hand_out(response, weight)
            case Tagged():
                self._complete(response)
            case Continuation():
                self._go_on(response)
            case _:
                self._note(response)
                self._hand_out(response, weight)

    def _take_brief(self, answers: Sequence[tuple[Response, int]]) -> int:
        """Take short answers, up to one behind which comes no IMAP; return how many octets they were."""
        taken = 0
        for response, octets in answers:
            taken += octets + len(b"\r\n")
            self._take(response, weight(octets, 0))
            if self._turn_due is not None:
                break
        return taken

    def _take_run(self, responses: Sequence[Response], weights: Sequence[int]) -> None:
        """Take responses that came together and are of one kind; as a rule, one command has all of them."""
        share = self._in_flight.take_all(responses, weights)
        if share is Share.ALL:
            mailbox = self._spoken_of
            if mailbox is not None and isinstance(responses[0], Expunge):
                mailbox.expunged(len(responses))
        elif share is Share.SOME and len(responses) > _FEW:  # the answers to two commands, one behind the other
            middle = len(responses) // 2
            self._take_run(responses[:middle], weights[:middle])
            self._take_run(responses[middle:], weights[middle:])
        else:
            for response, weight in zip(responses, weights, strict=True):
                self._take(response, weight)

    def _greet(self, response: Response) -> None:
        if not isinstance(response, StatusResponse) or response.kind not in _GREETINGS:
            shown = response.raw[:80] if isinstance(response, Unknown) else type(response).__name__
            raise ProtocolError(f"not an IMAP greeting: {shown!r}")
        self.state = after(self.state, _GREETINGS[response.kind])
        self._greeting = response.text
        self._know(None)
        self._learn(response.code)
        self._events.append(Greeted(response))

    def _go_on(self, response: Continuation) -> None:
        tag = self._outbox.open_tag
        self._in_flight.change()
        plus = self._outbox.continuation(response.text)
        if tag is None or plus is Plus.UNEXPECTED:
            self._events.append(Unsolicited(response))
        elif plus is Plus.IDLING:
            self._events.append(Idling(tag))

    def _complete(self, tagged: Tagged) -> None:
        ended = self._in_flight.end(tagged.tag)
        if ended is None:
            self._events.append(Unsolicited(tagged))
            return
        command, ok = ended.command, tagged.kind is Kind.OK
        answer = Answer(tagged, tuple(ended.untagged))
        step = command.on_ok if ok else command.on_refusal
        if step is not None:
            self.state = after(self.state, step)
        if step is Step.AUTHENTICATE and not ended.told_capabilities:
            self._know(None)
        if tagged.code is not None:
            self._learn(tagged.code)
        self._in_flight.change()
        self._outbox.answered(tagged.tag, tagged.kind)  # what waited leaves now, by the new capabilities
        if step is not None or tagged.code is not None:
            self._reselect(command, answer, step)
        if ok and type(command) is Enable:
            self.enabled |= command.result(answer)
        self._turn_due = command.flow if ok and command.flow in _TURNS else None
        self._events.append(Completed(tagged.tag, command, answer))

    def _reselect(self, command: Command[object], answer: Answer, step: Step | None) -> None:
        if self.state is not State.SELECTED:
            self.selected = None
        elif step is Step.SELECT and isinstance(command, Select):
            self.selected = command.result(answer)
        elif self.selected is not None:
            self.selected.update(answer.tagged)

    # What untagged data mean, whoever claims them

    def _note(self, response: Response) -> None:
        answering = self._in_flight.oldest
        match response:
            case StatusResponse(kind=Kind.BYE):
                self._log_out()
            case CapabilityData(capabilities) | StatusResponse(code=CapabilityCode(capabilities)):
                self._know(capabilities)
                if answering is not None:
                    answering.told_capabilities = True
            case _:
                pass
        mailbox = self._spoken_of
        if mailbox is not None:
            mailbox.update(response)

    @property
    def _spoken_of(self) -> SelectedMailbox | None:
        # While SELECT runs, what is told of "the" mailbox is told of the one to come: Select.result takes it in.
        answering = self._in_flight.oldest
        return None if answering is not None and answering.command.on_ok is Step.SELECT else self.selected

    def _learn(self, code: ResponseCode | None) -> None:
        if isinstance(code, CapabilityCode):
            self._know(code.capabilities)

    def _know(self, capabilities: Capabilities | None) -> None:
        self.quirks = quirks.detect(self._greeting, capabilities)
        self.capabilities = None if capabilities is None else self.quirks.believed(capabilities).shared()
        self._outbox.literal_mode = literal_mode(self.capabilities)

    def _log_out(self) -> None:
        self.state = after(self.state, Step.LOGOUT)
        self.selected = None

    def _hand_out(self, response: Response, weight: int) -> None:
        if not self._in_flight.take(response, weight):
            self._events.append(Unsolicited(response))
