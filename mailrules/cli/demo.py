"""``mailrules demo``: shows the daemon at work, with no account, no network and no trace left behind."""

import asyncio
import signal
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer

from mailrules.cli.options import AsJson
from mailrules.cli.programme import JsonProgramme, Programme, TextProgramme
from mailrules.cli.stage import Stage, stage
from mailrules.config import load
from mailrules.daemon import logs
from mailrules.daemon.logs import LogFormat, LogLevel
from mailrules.demo import rulefile


def command(
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", metavar="FILE", help="A rule file of your own, instead of the example."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Go on until Ctrl-C, for a mail client and an editor.")] = False,
    pace: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Time between two mails.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Show the daemon at work on a server in memory.

    A dozen mails arrive, one after another; the rules of rules.example.toml sort them, and you see which rule did what,
    and why. Nothing is needed for it and nothing is left of it. With rules of your own only the accounts are replaced.
    """
    logs.configure(LogFormat.TEXT, LogLevel.WARNING)
    text = rulefile.example() if config is None else load(config).file.read_text(encoding="utf-8")
    beside = None if config is None else config.parent
    asyncio.run(_play(JsonProgramme() if as_json else TextProgramme(), stage(text, beside), pace, keep))


async def _play(programme: Programme, staged: AbstractAsyncContextManager[Stage], pace: float, keep: bool) -> None:
    async with staged as set_up:
        programme.open(set_up)
        for mail in set_up.mails:
            programme.show(await set_up.deliver(mail, pace))
        programme.close(set_up)
        if keep:
            logs.configure(LogFormat.TEXT, LogLevel.INFO)  # a change of the rules should be heard of
            programme.invite(set_up)
            await _go_on(programme, set_up)


async def _go_on(programme: Programme, set_up: Stage) -> None:
    """Show what becomes of other mail until the process is told to stop."""
    showing = asyncio.create_task(_show_others(programme, set_up))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, showing.cancel)
    await asyncio.wait([showing])


async def _show_others(programme: Programme, set_up: Stage) -> None:
    async for filed in set_up.others():
        programme.show(filed)
