"""The life of the daemon: accounts begin, rules are swapped, accounts pause and end.

Each account is a task of its own and never another one's trouble. A new rule file gets in whole or not at all: its
rules hold from the next batch on, on the connections that are open, and only accounts whose settings changed
sign in again.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from mailrules import __version__
from mailrules.config import ConfigError, Problem, load
from mailrules.daemon import logs, systemd
from mailrules.daemon.calling import Unwilling
from mailrules.daemon.control import answering
from mailrules.daemon.counting import Counting
from mailrules.daemon.descriptors import make_room
from mailrules.daemon.door import Pace
from mailrules.daemon.garbage import lasting, look_through
from mailrules.daemon.health import Health
from mailrules.daemon.heart import Heart
from mailrules.daemon.keeping import forget_in_time
from mailrules.daemon.link import ended, retried
from mailrules.daemon.pulse import Promise, Pulse
from mailrules.daemon.reload import Snapshot, changes, snapshot
from mailrules.daemon.reporting import shared
from mailrules.daemon.tending import Tending
from mailrules.daemon.vitals import AccountReport, Condition, DaemonReport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from mailrules.config import Loaded, Watch
    from mailrules.engine.outcome import Outcome
    from mailrules.store import Store

__all__ = ["Supervisor"]

_READING = 600.0  # seconds for the rule file and its tests
_TOLD_AT_ONCE = 10  # accounts
_TELLING_PAUSE = 0.05  # seconds: ten thousand accounts know of new rules within a minute
_UNWATCHED = "the rule file is not watched: send SIGHUP to reload it"
_AT_A_TIME = 100  # accounts that are dealt with in one turn of the loop


class Supervisor:
    """Runs all accounts of a rule file. ``run`` it; ``reload`` and ``stop`` may be called from a signal handler."""

    def __init__(
        self,
        path: Path,
        loaded: Loaded,
        store: Store,
        report: Callable[[Outcome], None] = logs.log_outcome,
        as_read: Snapshot | None = None,
    ) -> None:
        """Make one; ``as_read`` is how the rule file's files looked before they were read, if that was not just now."""
        self._path = path
        self._loaded = loaded
        self._store = store
        self._report = report
        self._log = logs.logger()
        self._pace = Pace()
        self._accounts: dict[str, Tending] = {}
        self._paused: dict[str, datetime] = {}
        self._counting = Counting(store)
        self._started = self._taken_over = datetime.now(UTC)
        self._refused = ""
        self._reading = Promise("the rule file")
        self._heart = Heart(store, self._late, self._log)
        self._told = shared(self.report)
        self._health = Health(self._told, self._heart.late)
        self._telling: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()  # accounts begin and end in one place at a time
        self._watched = loaded.watch
        self._as_read = snapshot(loaded.watch) if as_read is None else as_read
        self._unwatch = asyncio.Event()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until ``stop``.

        Raises at once: Locked if another process works on one of the accounts, ConfigError if it can't listen.
        """
        for name in self._loaded.config.accounts:
            self._store.probe(name)  # only to know: the account's own task takes the lease, and keeps it
        await self._listen()
        try:
            async with answering(self._loaded.config.daemon.state, self._pause, self._told):
                await self._serve()
        finally:
            await self._health.close()

    async def _serve(self) -> None:
        make_room(self._loaded.config.accounts.values(), self._log)
        for name in self._loaded.config.accounts:
            self._begin(name)
        self._log.info("started", rules=len(self._loaded.ruleset.rules), accounts=len(self._loaded.config.accounts))
        systemd.ready(self._summary())
        followers = [asyncio.create_task(self._follow_files()), asyncio.create_task(self._follow_wishes())]
        keep = partial(forget_in_time, self._store, lambda: self._loaded.config.daemon, self._log)
        keeper = asyncio.create_task(retried(keep, self._log, Pulse("history")))
        heart = asyncio.create_task(retried(self._heart.beat, self._log, Pulse("heart")))
        cleaner = asyncio.create_task(look_through())
        try:
            await self._stopping.wait()
        finally:
            self._stopping.set()  # as it is not if this is cancelled
            systemd.stopping()
            self._log.info("stopping")
            self._unwatch.set()
            followers[1].cancel()
            keeper.cancel()
            heart.cancel()
            cleaner.cancel()
            if self._telling is not None:
                self._telling.cancel()
            await ended([tending.task for tending in self._accounts.values()])
            await asyncio.gather(*followers, keeper, heart, cleaner, return_exceptions=True)
            self._log.info("stopped")

    # What it tells of itself

    async def _listen(self) -> None:
        """Listen where the rule file says. Raises ConfigError."""
        at = self._loaded.config.daemon.listen
        try:
            await self._health.listen(at)
        except OSError as error:
            reason = str(error.strerror or error).rpartition(": ")[2].lower()
            raise ConfigError(
                [Problem(self._path, None, "daemon.listen", f"can't listen at {at}: {reason}")]
            ) from error

    async def report(self) -> DaemonReport:
        """Tell how everything is."""
        names = tuple(self._loaded.config.accounts)
        await self._counting.count()
        return DaemonReport(
            version=__version__,
            pid=os.getpid(),
            started=self._started,
            rules=len(self._loaded.ruleset.rules),
            loaded=self._taken_over,
            refused=self._refused,
            late=self._heart.late(),
            accounts=tuple([report async for report in self._account_reports(names)]),
        )

    async def _account_reports(self, names: Iterable[str]) -> AsyncIterator[AccountReport]:
        """Tell of one account after the other, and let mail go on in between."""
        for number, name in enumerate(names, start=1):
            yield self._account_report(name)
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)

    def _account_report(self, name: str) -> AccountReport:
        if name in self._accounts:
            report = self._accounts[name].report(self._counting.of(name))
        else:
            since = self._paused.get(name, self._taken_over)
            condition = Condition.PAUSED if name in self._paused else Condition.STARTING
            report = AccountReport(name=name, condition=condition, since=since)
        return self._counting.with_mailboxes(report)

    def _late(self) -> list[str]:
        if self._stopping.is_set():
            return []  # all comes to its end in seconds
        now = asyncio.get_running_loop().time()
        return [
            *filter(None, [self._reading.broken(now)]),
            *(
                f"{name}: {what}"
                for name, tending in self._accounts.items()
                if tending.may_be_late(now)
                for what in tending.late(now)
            ),
        ]

    # Orders

    def reload(self) -> None:
        """Read the rule file again."""
        self._wake.set()

    def stop(self) -> None:
        """Let flights in hand come to their end, and sign off. A second call waits for nothing any more."""
        if self._stopping.is_set():
            for tending in self._accounts.values():
                tending.task.cancel()
        self._stopping.set()

    # Accounts

    def _begin(self, name: str) -> None:
        self._accounts[name] = Tending(name, lambda: self._loaded, self._store, self._report, self._pace)

    async def _end(self, names: Iterable[str]) -> None:
        await ended([self._accounts.pop(name).task for name in names])

    @asynccontextmanager
    async def _pause(self, name: str) -> AsyncIterator[None]:
        """Leave an account to another process while the block runs. Raises Unwilling."""
        async with self._changing:
            if name in self._paused:
                raise Unwilling(f"account '{name}' is paused for somebody else")
            if name not in self._accounts or self._stopping.is_set():
                raise Unwilling(f"account '{name}' is not at work here")
            self._paused[name] = datetime.now(UTC)
            self._log.info("paused", account=name)
            await self._end([name])
        try:
            yield
        finally:
            async with self._changing:
                del self._paused[name]
                if name in self._loaded.config.accounts and not self._stopping.is_set():
                    self._log.info("resumed", account=name)
                    self._begin(name)

    # New rules

    async def _follow_files(self) -> None:
        log = self._log
        while not self._stopping.is_set():
            self._unwatch.clear()
            # It has its turn when the watch has begun.
            asyncio.get_running_loop().call_soon(self._reload_if_changed)
            try:
                async for _ in changes(self._watched, self._unwatch):
                    self.reload()
            except (OSError, RuntimeError) as error:  # such as inotify's limits
                log.warning(_UNWATCHED, reason=str(error))
                return
            except Exception:
                log.exception(_UNWATCHED)
                return

    async def _follow_wishes(self) -> None:
        log = self._log
        while True:
            await self._wake.wait()
            self._wake.clear()
            systemd.reloading()
            try:
                self._reading.make("being read", _READING)
                await self._take_over()
            except Exception as error:
                log.exception("unexpected error")
                self._refused = f"unexpected error: {error!r}"
            finally:
                self._reading.keep()
            systemd.ready(self._summary())

    def _load(self) -> Loaded:
        """Load the rule file and run its tests; meant for a thread. Raises ConfigError."""
        with lasting():
            loaded = load(self._path)
        if self._loaded.config.accounts:
            loaded.require_accounts()  # a file that is just being written anew is empty for a moment
        loaded.require_tests(goes_on=lambda: not self._stopping.is_set())
        return loaded

    async def _take_over(self) -> None:
        """Load the rule file; take it over if it is right, else say what is wrong and go on with the old one."""
        before = snapshot(self._watched)
        try:
            loaded = await asyncio.to_thread(self._load)
        except ConfigError as error:
            self._refused = "; ".join(map(str, error.problems))
            self._log.error("rule file not taken over", problem=self._refused)
            self._watch(error.watch if error.watch.folders else self._watched, before)
            return
        if self._stopping.is_set():
            return  # not all of its tests have run
        known = {(warning.file, warning.where, warning.message) for warning in self._loaded.warnings}
        for warning in loaded.warnings:
            if (warning.file, warning.where, warning.message) not in known:
                self._log.warning("rule file", problem=str(warning))
        old, self._loaded = self._loaded, loaded
        self._taken_over, self._refused = datetime.now(UTC), ""
        self._watch(loaded.watch, before)
        await self._follow_accounts(old)
        try:
            await self._listen()
        except ConfigError as error:
            self._log.error("not listening", problem=str(error))
        self._log.info("rules taken over", rules=len(loaded.ruleset.rules), accounts=len(loaded.config.accounts))

    async def _follow_accounts(self, old: Loaded) -> None:
        before, after = old.config, self._loaded.config
        if before.daemon.state != after.daemon.state:
            self._log.warning("daemon.state takes effect at the next start")
        async with self._changing:
            kept = {
                name
                for name, settings in after.accounts.items()
                if before.accounts.get(name) == settings and name in self._accounts
            }
            self._telling = asyncio.create_task(self._tell_of_rules(kept))
            await self._end(set(self._accounts) - kept)
            for name in after.accounts:
                if name not in kept and name not in self._paused:
                    self._begin(name)

    async def _tell_of_rules(self, names: Iterable[str]) -> None:
        """Tell accounts that other rules are in force: some at a time, for each has to look something up then."""
        for number, name in enumerate(sorted(names), start=1):
            if name in self._accounts:
                self._accounts[name].rules_changed()
            if number % _TOLD_AT_ONCE == 0:
                await asyncio.sleep(_TELLING_PAUSE)

    def _reload_if_changed(self) -> None:
        """Find what happened to the files between their reading and the watch on them."""
        if snapshot(self._watched) != self._as_read:
            self.reload()

    def _watch(self, watch: Watch, before: Snapshot) -> None:
        """Watch other files, if they are others; ``before`` is how the old ones looked when their reading began."""
        # As they look now, what has changed since they were read would not show any more.
        read = {taken for taken in before if watch.concerns(taken[0])}
        self._as_read = frozenset(read | {taken for taken in snapshot(watch) if not self._watched.concerns(taken[0])})
        if watch != self._watched:
            self._watched = watch
            self._unwatch.set()  # it begins anew with the new names

    def _summary(self) -> str:
        return f"rules: {len(self._loaded.ruleset.rules)}, accounts: {len(self._loaded.config.accounts)}"
