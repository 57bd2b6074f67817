"""One account made ready for ``apply``: signed in, its mailboxes known, its state at hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mailrules.cli.failures import complain
from mailrules.client import MailboxInfo, Session
from mailrules.config import Account, ConfigError, Loaded, Problem
from mailrules.daemon.door import sign_in
from mailrules.engine.account import AccountContext
from mailrules.engine.directory import Directory
from mailrules.engine.outcome import Outcome
from mailrules.store import SqliteStore, StateError, StateTooOld, Store, connect_to_read, copy_state
from mailrules.values import value


@value(frozen=True, slots=True)
class Applying:
    """An account whose mail the rules are run over."""

    context: AccountContext
    session: Session

    @property
    def name(self) -> str:
        """The account's name in the rule file."""
        return self.context.name

    def mailboxes(self, path: str | None) -> Sequence[MailboxInfo]:
        """Return the mailbox of this path, or all watched ones. Raises ConfigError if there is none."""
        if path is None:
            return self.context.directory.watched()
        name = self.session.namespace.to_wire(path)
        found = [info for info in self.context.directory.mailboxes if info.name == name]
        if not found:
            raise ConfigError([Problem(None, None, f"--mailbox {path}", "the server has no such mailbox")])
        return found


@asynccontextmanager
async def applying(
    loaded: Loaded,
    name: str,
    settings: Account,
    store: Store,
    report: Callable[[Outcome], None],
    through: Callable[[int], bool] = lambda _number: False,
) -> AsyncIterator[Applying]:
    """Sign in and ask for the mailboxes; at the end, wait for what has to be looked at once more.

    ``report`` and ``through`` are those of `AccountContext`.
    """
    beside: set[asyncio.Task[None]] = set()

    def spawn(work: Callable[[], Coroutine[None, None, None]]) -> None:
        beside.add(asyncio.create_task(work()))

    async with _signed_in(settings) as session:
        directory = Directory(name, settings, store, _now)
        await directory.refresh(session)
        context = AccountContext(
            name=name,
            settings=settings,
            store=store,
            directory=directory,
            rules=lambda: loaded.ruleset,
            general=lambda: loaded.config.daemon,
            report=report,
            complain=lambda mailbox, text: complain(f"account '{name}': {mailbox}: {text}"),
            now=_now,
            open_session=lambda: _signed_in(settings),
            spawn=spawn,
            through=through,
        )
        yield Applying(context, session)
        await asyncio.gather(*beside)


@asynccontextmanager
async def borrowed_state(state: Path) -> AsyncIterator[SqliteStore]:
    """Open a copy of the state, for whoever only wants to know: what is learnt and kept there is forgotten again."""
    with TemporaryDirectory(prefix="mailrules-") as folder:
        copy = Path(folder) / "state.db"
        await asyncio.to_thread(copy_state, state, copy)
        async with SqliteStore(copy) as store:
            yield store


@asynccontextmanager
async def readable_state(state: Path) -> AsyncIterator[SqliteStore]:
    """Open the state to be read only, beside whoever works on it; a copy, where it is not there or an older one."""
    async with AsyncExitStack() as opened:
        try:
            store = await opened.enter_async_context(SqliteStore(state, connect_to_read))
        except StateError as error:
            if not isinstance(error, StateTooOld) and await asyncio.to_thread(state.exists):
                raise
            store = await opened.enter_async_context(borrowed_state(state))
        yield store


@asynccontextmanager
async def _signed_in(settings: Account) -> AsyncIterator[Session]:
    session = await sign_in(settings)
    try:
        yield session
    finally:
        await session.connection.close()


def _now() -> datetime:
    return datetime.now(UTC)
