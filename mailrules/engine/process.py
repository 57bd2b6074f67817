"""The path of a batch of messages, from fetched to filed. Read this first.

::

    fetch       UID FETCH of what the rules ask for                                        reading
    evaluate    each message's verdict; searches put to the server where a rule is open    deciding
    lower       verdicts become steps that this server can do; targets exist               drafting, lowering
    journal     entries and checkpoint on disk, in ONE transaction, before the first byte  journal, store
    execute     steps grouped into UID sets and flights, IDLE behind the last              flights, executor
    record      what was answered, in the transaction that journals the next batch         acting, journal, store

A backlog is read in windows, some of them ahead (``ahead``), and several make a batch. While the server moves the
messages of one batch the next is fetched and evaluated: neither waits for the other.

``filing`` brings new mail to it, ``apply`` mail that is there already, ``recovery`` finishes what a
crash left on the way. The checkpoint moves when the journal takes a batch over: from then on each of
its messages is the journal's. A message that can't be finished never holds up the rest.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace

from mailrules.client import ClientError, ConnectionLost, Session
from mailrules.engine.account import AccountContext
from mailrules.engine.acting import Acting
from mailrules.engine.again import without_old_copies
from mailrules.engine.asking import Answers
from mailrules.engine.deciding import Decision, Origin, decide
from mailrules.engine.drafting import entries_for, foreseen
from mailrules.engine.journal import Paths, draft, held, outcome_in, would_be
from mailrules.engine.limits import Waiting, limits_of, over_limit
from mailrules.engine.reading import UNREADABLE, Fetched, validity
from mailrules.engine.recalling import Recollection
from mailrules.imap import ImapError, MailboxName, SelectedMailbox, State
from mailrules.rules import Limit, Ruleset
from mailrules.store import Acted, Checkpoint, Entry, EntryState, Own

__all__ = ["Path"]


class Path:
    """The path in one mailbox, which the session has selected."""

    def __init__(self, context: AccountContext, session: Session, name: MailboxName) -> None:
        self.context = context
        self.session = session
        self.name = name
        self.readable = session.namespace.to_path(name)
        self.ended: Callable[[Sequence[Entry]], object] = _nobody
        """Told of the entries that have ended for now."""
        self._paths = Paths(session.namespace)
        self._limits: tuple[Ruleset | None, Mapping[str, Limit]] = (None, {})
        """The rules that are in force, and those of them that have a limit."""
        self._acting = Acting(context, session, name, self.report_all)
        self._recollection = Recollection(
            context.store, context.name, lambda: (name, validity(self.selected)), self._path_of
        )

    @property
    def selected(self) -> SelectedMailbox:
        """The mailbox as the server has described it since SELECT."""
        selected = self.session.selected
        if self.session.connection.state is State.LOGOUT:
            raise ConnectionLost("the server ended the session")
        if selected is None or selected.name != self.name:
            raise AssertionError("the path starts in a selected mailbox")
        return selected

    @property
    def origin(self) -> Origin:
        """Where the messages of this path are."""
        return Origin(self.session, self.name, self.readable, self.selected)

    def sift(self, messages: Sequence[Fetched]) -> tuple[list[Fetched], list[Entry]]:
        """Split off the messages about which the server's answer makes no sense, as entries that are held."""
        unreadable = [message for message in messages if not message.readable]
        held_ones = self.aside(unreadable, lambda entry: held(entry, UNREADABLE))
        return [message for message in messages if message.readable], held_ones

    def aside(self, messages: Iterable[Fetched], kept: Callable[[Entry], Entry]) -> list[Entry]:
        """Make entries for messages that can't be decided now, each as ``kept`` wants it; they stay where they are."""
        era = validity(self.selected)
        return [kept(draft(self.context.name, self.name.raw, era, message)) for message in messages]

    async def set_aside(self, messages: Sequence[Fetched], kept: Callable[[Entry], Entry]) -> None:
        """Journal messages that can't be decided now, by themselves."""
        seen = [message.seen() for message in messages]
        begun = await self.context.store.begin(self.aside(messages, kept), None, seen, now=self.context.now())
        self.report_all(begun)

    async def evaluate(
        self,
        messages: Iterable[Fetched],
        ruleset: Ruleset,
        owners: Mapping[int, Own],
        answers: Answers | None = None,
    ) -> Sequence[Decision]:
        """Ask the rules; what a rule or the whole account only observes is reported, not done.

        ``answers`` takes what was found out, for whoever wants to show it.
        """
        decisions = await decide(self.context, self.origin, messages, ruleset, owners, self._recollection, answers)
        observe = self.context.observe
        for decision in decisions:
            verdict = decision.verdict
            if observe and (verdict.plan or verdict.error):
                self.report_observed(decision)
            elif verdict.observed:
                # The other rules' actions are no would-be: they are carried out, and reported then.
                self.report_observed(
                    replace(decision, verdict=replace(verdict, matched=(), plan=verdict.would, error=None))
                )
        return decisions

    async def journal(
        self,
        decisions: Sequence[Decision],
        ruleset: Ruleset,
        checkpoint: Checkpoint | None,
        messages: Iterable[Fetched],
        copied: Mapping[int, frozenset[bytes]] | None = None,
        aside: Sequence[Entry] = (),
        leave: Callable[[int, Waiting], bool] | None = None,
    ) -> tuple[Entry, ...]:
        """Lower the plans and write them down; when this returns, a crash can't lose one or do it twice.

        ``copied`` are copies made before, by UID: they are not made again. ``aside`` are entries of messages
        that can't be decided now: the checkpoint passes them in the same transaction. What is over a rule's limit
        waits in the journal for its turn, unless ``leave`` says of its UID that somebody will find it again.
        """
        taken = self._recollection.taken([decision.message for decision in decisions])
        met = [] if self.context.observe else taken
        limits = self._limits_of(ruleset)
        limited = [one for one in decisions if limits and not limits.keys().isdisjoint(one.verdict.matched)]
        async with self.context.counting if limited else nullcontext():
            over = await self._over_limit(limited, ruleset, copied)
            waiting = {uid: each for uid, each in over.items() if leave is None or not leave(uid, each)}
            free = [decision for decision in decisions if decision.message.uid not in over] if over else decisions
            entries, acted = ([], []) if self.context.observe else await self._entries(free, ruleset, copied)
            held_back = [decision.message for decision in limited if decision.message.uid in waiting]
            entries += [*self.aside(held_back, lambda entry: _until(entry, waiting[entry.uid])), *aside]
            if not (entries or met) and checkpoint is None:
                return ()
            begun = await self.context.store.begin(
                entries,
                checkpoint,
                [message.seen() for message in messages] if checkpoint else (),
                self.context.directory.take_created(),
                met=met,
                acted=acted,
                recorded=(ended := self._acting.ended()),
                now=self.context.now(),
            )
        self._acting.settled(ended)
        self.let_go(begun)
        return begun

    def let_go(self, entries: Iterable[Entry]) -> None:
        """Remember no more that messages ended the connection, where the journal holds them."""
        for entry in entries:
            if entry.state is EntryState.HELD:
                self.context.forget_losses(self.name, entry.uid)

    async def _entries(
        self, decisions: Sequence[Decision], ruleset: Ruleset, copied: Mapping[int, frozenset[bytes]] | None
    ) -> tuple[list[Entry], list[Acted]]:
        """Make the entries, and name the rules with a limit that they count for."""
        era, limits = validity(self.selected), self._limits_of(ruleset)
        entries = await entries_for(self.context, self.origin, decisions, ruleset)
        entries = without_old_copies(entries, copied) if copied else entries
        if not limits:
            return entries, []
        begun = {entry.uid for entry in entries if entry.state is EntryState.BEGUN}
        acted = [
            Acted(rule, era, decision.message.uid)
            for decision in decisions
            if decision.message.uid in begun
            for rule in decision.verdict.matched
            if rule in limits
        ]
        return entries, acted

    def _limits_of(self, ruleset: Ruleset) -> Mapping[str, Limit]:
        """The rules that have a limit; there may be thousands without, and a batch may be one message."""
        if self._limits[0] is not ruleset:
            self._limits = ruleset, limits_of(ruleset)
        return self._limits[1]

    async def _over_limit(
        self, limited: Sequence[Decision], ruleset: Ruleset, copied: Mapping[int, frozenset[bytes]] | None
    ) -> Mapping[int, Waiting]:
        """What is over a rule's limit, by UID; a message that nothing is left to be done with takes nobody's room."""
        if not limited or self.context.observe:
            return {}
        entries = without_old_copies(foreseen(self.context, self.origin, limited, ruleset), copied or {})
        begun = {entry.uid for entry in entries if entry.state is EntryState.BEGUN}
        acting = [decision for decision in limited if decision.message.uid in begun]
        store, account, now = self.context.store, self.context.name, self.context.now()
        return await over_limit(store, account, self._limits_of(ruleset), acting, now)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Carry out in this block what `act` begins; at its end all of that is answered, recorded and reported.

        When the connection is lost, NetworkError is raised; what was answered is recorded all the same.
        """
        try:
            yield
        except BaseException as error:
            if isinstance(error, CancelledError):
                self._acting.cancel()
            with suppress(ClientError, ImapError):
                await self._acting.finish()
            raise
        await self._acting.finish()

    async def act(self, entries: Sequence[Entry], rest: Callable[[], object]) -> None:
        """Begin to carry out journalled entries, and do not wait for the answers.

        ``rest`` is called when the last command has been submitted, so that IDLE can leave in the same write. Raises
        NetworkError.
        """
        await self._acting.begin(entries, self.selected, rest)
        self.report_all([entry for entry in entries if entry.state is not EntryState.BEGUN])

    async def execute(self, entries: Sequence[Entry], rest: Callable[[], object]) -> None:
        """Carry out journalled entries, record what was answered and report it; as `act`, to the end."""
        async with self.at_work():
            await self.act(entries, rest)

    def _path_of(self, name: MailboxName) -> str:
        namespace = self.session.namespace
        return namespace.to_path(name) if self.context.directory.is_home(name, namespace) else ""

    def report_all(self, entries: Sequence[Entry]) -> None:
        """Tell what became of these entries: only how many, of those with which all went well, if that is enough."""
        if not entries:
            return
        self.ended(entries)
        others = [entry for entry in entries if entry.state is not EntryState.DONE or entry.reason]
        for entry in others if self.context.through(len(entries) - len(others)) else entries:
            self.context.report(outcome_in(self._paths, entry))

    def report_observed(self, decision: Decision) -> None:
        """Tell what would be done."""
        self.context.report(would_be(self.context.name, self.readable, decision.message, decision.verdict))


def _until(entry: Entry, waiting: Waiting) -> Entry:
    return replace(entry, state=EntryState.PENDING, due=waiting.until, rules=(waiting.rule,), reason=waiting.reason)


def _nobody(_entries: Sequence[Entry]) -> None:
    """Who is told of what has ended, where nobody wants to know."""
