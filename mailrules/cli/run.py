"""``mailrules run``: the daemon."""

import asyncio
import signal
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from mailrules.cli.options import ConfigFile
from mailrules.config import Loaded, find_config
from mailrules.daemon import logs
from mailrules.daemon.garbage import short_pauses
from mailrules.daemon.logs import LogFormat, LogLevel
from mailrules.daemon.reload import Snapshot, read
from mailrules.daemon.supervisor import Supervisor
from mailrules.store import Origin, SqliteStore


def command(
    config: ConfigFile = None,
    log_format: Annotated[
        LogFormat, typer.Option(metavar="FORMAT", help="text, json, or auto: text on a terminal, else json.")
    ] = LogFormat.AUTO,
    log_level: Annotated[
        LogLevel, typer.Option(metavar="LEVEL", help="The least that is logged: debug, info, warning or error.")
    ] = LogLevel.INFO,
) -> None:
    """Watch the accounts and sort their mail until stopped.

    SIGTERM or Ctrl-C stop it within five seconds, a second one at once. It reloads the rule file when it changes, and
    on SIGHUP; one that is broken, or whose tests fail, is refused and the rules in force stay.
    """
    path = find_config(config)
    loaded, as_read = read(path)
    loaded.require_accounts()
    loaded.require_tests()
    logs.configure(log_format, log_level)
    for warning in loaded.warnings:
        logs.logger().warning("rule file", problem=str(warning))
    with short_pauses(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(path, loaded, as_read))


async def _serve(path: Path, loaded: Loaded, as_read: Snapshot) -> None:
    async with SqliteStore(loaded.config.daemon.state) as store:
        _tell_origin(store)
        supervisor = Supervisor(path, loaded, store, as_read=as_read)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        loop.add_signal_handler(signal.SIGHUP, supervisor.reload)
        await supervisor.run()


def _tell_origin(store: SqliteStore) -> None:
    """Say so when there is no memory of what was handled: such a daemon looks as well as any other."""
    begins = "mail that is there already is left alone"
    match store.origin:
        case Origin.NEW:
            logs.logger().info("new state", path=str(store.path), reason=f"there is none yet: {begins}")
        case Origin.LOST:
            reason = f"it is missing or empty, but files beside it tell of an earlier one: a new one is made, {begins}"
            logs.logger().warning("state lost", path=str(store.path), reason=reason)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """With uvloop connections take a quarter less work; it is not made for every Python, and not needed."""
    if find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return factory
