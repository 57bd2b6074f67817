"""One account's mailboxes as the last LIST told them: where a target is, what is watched, what may be created.

It also keeps, for each mailbox, a UIDNEXT known from before: a look for a copy whose answer was
never seen starts there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from mailrules.client import MailboxInfo, Namespace, Session
from mailrules.config import Account
from mailrules.engine import separator
from mailrules.engine.lowering import Destination
from mailrules.engine.watching import is_set_apart, is_watched
from mailrules.imap import MailboxName, Refused, StatusData
from mailrules.rules.plan import Target
from mailrules.store import Checkpoint, Naming, Store
from mailrules.values import value

__all__ = ["Directory", "TargetError", "from_now_on"]

_DAY = timedelta(days=1)
_NONE: frozenset[MailboxName] = frozenset()


class TargetError(Exception):
    """A target of a plan is no mailbox of this account and can't become one; the text says what to do."""


@value(frozen=True, slots=True)
class _Floor:
    uidvalidity: int | None
    uidnext: int | None


@lru_cache(maxsize=4096)
def _shared(info: MailboxInfo) -> MailboxInfo:
    """Return the same value for equal ones: thousands of accounts have an INBOX, and the like beside it."""
    return info


def from_now_on(checkpoint: Checkpoint, now: datetime) -> Checkpoint:
    """The checkpoint of a first run: all that is there is older than now, also after a change of UIDVALIDITY.

    ``now`` is cut to whole seconds, as INTERNALDATE is: what came in this very second is doubtful then.
    """
    return replace(checkpoint, newest=now.replace(microsecond=0))


class Directory:
    """The mailboxes of one account, shared by all its sessions."""

    def __init__(self, account: str, settings: Account, store: Store, now: Callable[[], datetime]) -> None:
        self._account = account
        self._settings = settings
        self._store = store
        self._now = now
        self._infos: dict[MailboxName, MailboxInfo] = {}
        self._floors: dict[MailboxName, _Floor] = {}
        self._aliases: dict[MailboxName, MailboxName] = {}
        self._remembered: int | None = None
        """What tells the list that the store has from us from any other one."""
        self._made = self._never = _NONE
        self._creating = asyncio.Lock()
        self._created_unjournalled: list[bytes] = []
        self.move_refused = False
        """The server advertises MOVE and refuses it, while COPY works."""

    @property
    def mailboxes(self) -> tuple[MailboxInfo, ...]:
        """All of them, by path."""
        return tuple(sorted(self._infos.values(), key=lambda info: info.path))

    def paths(self, namespace: Namespace) -> frozenset[str] | None:
        """The paths of all that messages can be put in; None before the first LIST."""
        if not self._infos:
            return None
        made = frozenset(namespace.to_path(name) for name in self._made)
        return made.union(info.path for info in self._infos.values() if info.selectable)

    @property
    def special_uses(self) -> frozenset[str]:
        r"""The special uses that a target can be named by; \Trash is one where the account's ``trash`` says so."""
        marked = frozenset(info.special_use for info in self._infos.values() if info.special_use and info.selectable)
        return marked | {"\\Trash"} if self._settings.trash else marked

    def watched(self) -> tuple[MailboxInfo, ...]:
        """Those that the account's ``watch`` names, INBOX first."""
        chosen = [info for info in self.mailboxes if is_watched(info, self._settings.watch)]
        return tuple(sorted(chosen, key=lambda info: not info.name.is_inbox))

    async def refresh(self, session: Session) -> Mapping[MailboxName, StatusData]:
        """Ask for the mailboxes anew (LIST, with STATUS where LIST-STATUS is offered); return what was told of them.

        A watched mailbox that was absent from the last LIST is new and handled from its first
        message on, unless it is a rename: then it takes over the checkpoint. On an account's first
        run every watched mailbox starts where it is now.
        """
        made_before = self._made
        answers = await session.mailboxes()
        infos = {info.name: info for info in (_shared(replace(answer, status=None)) for answer in answers)}
        told = {infos[answer.name].name: answer.status for answer in answers if answer.status}
        self._infos = infos
        self._made = self._made - made_before or _NONE  # LIST knows by now whether they are there
        self._floors = {name: floor for name, floor in self._floors.items() if name in infos or name in self._made}
        for name, status in told.items():
            if status.uidnext:
                self._floors[name] = _Floor(status.uidvalidity, status.uidnext)
        listed = {name.raw: told[name].uidvalidity if name in told else None for name in infos}
        if (mark := hash(frozenset(listed.items()))) != self._remembered:
            await self._take_in(session, listed, told)
            self._remembered = mark
        return told

    async def _take_in(
        self, session: Session, listed: Mapping[bytes, int | None], told: Mapping[MailboxName, StatusData]
    ) -> None:
        """Begin where mailboxes are new, and have the store remember which there are."""
        known = await self._store.known_mailboxes(self._account)
        if known is None:
            await self._start_all_here(session, told)
        else:
            for info in self.watched():
                if info.name.raw not in known:
                    await self._start_new(session, info, known, told.get(info.name))
        await self._store.remember_mailboxes(self._account, listed)
        names = session.namespace
        await self._store.remember_naming(self._account, Naming(names.prefix, names.delimiter, names.foreign))

    async def _start_all_here(self, session: Session, told: Mapping[MailboxName, StatusData]) -> None:
        """Begin with what comes from now on, also where a mailbox is selected only later."""
        for info in self.watched():
            if await self._store.checkpoint(self._account, info.name.raw):
                continue
            try:
                status = told.get(info.name) or await session.status(info.name)
            except Refused:
                continue  # it starts where it is when it can be selected
            if status.uidvalidity and status.uidnext:
                here = Checkpoint(self._account, info.name.raw, status.uidvalidity, status.uidnext - 1)
                await self._store.set_checkpoint(from_now_on(here, self._now()))

    async def _start_new(
        self, session: Session, info: MailboxInfo, known: Mapping[bytes, int | None], told: StatusData | None
    ) -> None:
        own = await self._store.checkpoint(self._account, info.name.raw)
        try:
            status = told or await session.status(info.name)
        except Refused:
            status = StatusData(info.name)
        validity = status.uidvalidity or 0
        vanished = set(known) - {name.raw for name in self._infos}
        for old in await self._store.checkpoints(self._account):
            # Exchange gives many mailboxes the same UIDVALIDITY: one that had fewer messages is another.
            same = validity and old.uidvalidity == validity and (status.uidnext or old.uid + 1) > old.uid
            if old.mailbox in vanished and same:
                # A rename, maybe back to a name that it had before: then its own checkpoint is out of date.
                await self._store.set_checkpoint(replace(old, mailbox=info.name.raw))
                return
        if own is None:
            await self._store.set_checkpoint(Checkpoint(self._account, info.name.raw, validity, 0))

    # Targets

    def resolve(self, target: Target, session: Session) -> MailboxName:
        r"""The mailbox that a target means on this server. Raises TargetError if it means none.

        A special use (RFC 6154) is found by its attribute, \Trash also by the account's ``trash``.
        """
        if target.special_use is None:
            return self._named(target.path, session.namespace)
        wanted = target.special_use.lower()
        for info in self.mailboxes:
            if info.special_use and info.special_use.lower() == wanted and info.selectable:
                return info.name
        if wanted == "\\trash" and self._settings.trash:
            return self._named(self._settings.trash, session.namespace)
        hint = f"; set accounts.{self._account}.trash" if wanted == "\\trash" else "; name the mailbox instead"
        raise TargetError(f"the server marks no mailbox as {target.special_use}{hint}")

    def exists(self, name: MailboxName) -> bool:
        """Whether messages can be put there: the last LIST had it and it is no mere level, or it was created since."""
        info = self._infos.get(name)
        return name in self._made or (info is not None and info.selectable)

    def is_home(self, name: MailboxName, namespace: Namespace) -> bool:
        """Whether mail is at home there: it exists, and is neither the trash nor otherwise set apart."""
        if not self.exists(name) or (self._settings.trash and namespace.to_wire(self._settings.trash) == name):
            return False
        return name not in self._infos or not is_set_apart(self._infos[name])

    def destination(self, name: MailboxName) -> Destination:
        """The mailbox with the UIDVALIDITY and UIDNEXT known of it."""
        floor = self._floors.get(name, _Floor(None, None))
        return Destination(name, floor.uidvalidity, floor.uidnext)

    def learn(self, name: MailboxName, uidvalidity: int, uidnext: int) -> None:
        """COPYUID told where a mailbox's UIDs are by now."""
        floor = self._floors.get(name)
        if floor is None or floor.uidvalidity != uidvalidity or (floor.uidnext or 0) < uidnext:
            self._floors[name] = _Floor(uidvalidity, uidnext)

    async def prepare(
        self, session: Session, targets: Collection[tuple[MailboxName, Target]]
    ) -> dict[MailboxName, str]:
        """See to it that targets exist and their UIDNEXT is known; return the ones that failed, with the reason.

        Costs nothing for those that are known already.
        """
        for name, target in targets:
            if target.create:
                self._never = self._never - {name} or _NONE
            elif name not in self._never:
                self._never |= {name}
        failed = await self.create(session, [name for name, _ in targets if not self.exists(name)])
        return failed | await self._ask_floors(session, [name for name, _ in targets if name not in failed])

    async def create(self, session: Session, names: Iterable[MailboxName]) -> dict[MailboxName, str]:
        """Create and subscribe mailboxes that are missing, in one flight; return those that could not be, and why.

        None is made where a rule says ``create = false`` and beyond the day's limit. One that is there all the
        same is fine; the server may know it by another spelling.
        """
        failed: dict[MailboxName, str] = {}
        async with self._creating:
            missing = [name for name in dict.fromkeys(names) if name.raw not in self._created_unjournalled]
            if not missing:
                return {}
            today = await self._store.created_since(self._account, self._now() - _DAY)
            today += len(self._created_unjournalled)
            wanted: list[MailboxName] = []
            for name in missing:
                if name in self._never:
                    failed[name] = "its rule says create = false"
                elif today + len(wanted) >= self._settings.create_limit:
                    failed[name] = (
                        f"{today + len(wanted)} mailboxes were created today and accounts.{self._account}.create_limit "
                        f"is {self._settings.create_limit}"
                    )
                else:
                    wanted.append(name)
            answers = await asyncio.gather(*(session.create(name) for name in wanted), return_exceptions=True)
            for name, there in zip(wanted, answers, strict=True):
                match there:
                    case Refused():
                        failed[name] = str(there)
                    case BaseException():
                        raise there
                    case None:
                        self._created_unjournalled.append(name.raw)
                        self._made |= {name}
                        self._floors[name] = _Floor(None, 1)
                    case _ if there == name:
                        self._made |= {name}
                    case _:
                        self._aliases[name] = there
        return {name: f"{session.namespace.to_path(name)} can't be created: {why}" for name, why in failed.items()}

    def take_created(self) -> tuple[bytes, ...]:
        """The mailboxes created since the last call; the next ``begin`` counts them."""
        created, self._created_unjournalled = tuple(self._created_unjournalled), []
        return created

    def _named(self, path: str, namespace: Namespace) -> MailboxName:
        if wrong := separator.mistake(path, namespace):
            raise TargetError(wrong)
        return self._known_as(namespace.to_wire(path))

    def _known_as(self, name: MailboxName) -> MailboxName:
        """The server's own spelling of a name, as far as it is known."""
        return self._aliases.get(name, name)

    async def _ask_floors(self, session: Session, names: Iterable[MailboxName]) -> dict[MailboxName, str]:
        """Ask for the UIDNEXTs that LIST did not tell; return the mailboxes of which the server says nothing."""
        unknown = {name: there for name in names if (there := self._known_as(name)) not in self._floors}
        answers = await asyncio.gather(*(session.status(there) for there in unknown.values()), return_exceptions=True)
        failed: dict[MailboxName, str] = {}
        for (name, there), answer in zip(unknown.items(), answers, strict=True):
            match answer:
                case Refused():
                    failed[name] = f"{session.namespace.to_path(name)} can't be looked at: {answer}"
                case BaseException():
                    raise answer
                case _:
                    self._floors[there] = _Floor(answer.uidvalidity, answer.uidnext)
        return failed
