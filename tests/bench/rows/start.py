"""How long people wait: for ``--help``, for ``check``, and for new rules; and what mailboxes notice of a reload."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.mixed import mixed_rules
from tests.bench.programs import measured, python
from tests.bench.relay import Passed, Relay, Setting
from tests.bench.table import Goal, Row, Sample
from tests.bench.wire import Filing, filings_of
from tests.builders import message
from tests.faults.process import daemon, rule_file
from tests.servers.dovecot import PASSWORD, Dovecot

_ACCOUNTS = 10
_APART = 0.05  # seconds between two messages, each for the next account
_USUAL = 2.0  # seconds of mail before the reload
_READ = "import sys, tomllib; tomllib.load(open(sys.argv[1], 'rb'))"
_PROBE = '[[rules]]\nname = "probe"\nmatch.subject = "probe"\nthen.move = "{target}"\n\n'


@dataclass(frozen=True, slots=True)
class Reload:
    """One reload: seconds from saving the file to the rules in force, and for messages before and meanwhile."""

    seconds: float
    usual: float
    longest: float

    def __str__(self) -> str:
        told = f"messages moved in {self.usual * 1000:.0f} ms before, {self.longest * 1000:.0f} ms at most meanwhile"
        return f"in force after {self.seconds:.2f} s, {told}"


def rows(bench: Bench) -> Iterator[Row]:
    """Measure commands, then reloads."""
    checked, reloaded = bench.either(1_000, 100), bench.either(10_000, 1_000)
    config = rule_file(bench.empty_folder(), "nobody", 1, mixed_rules(checked))
    commands = {
        ("help", "floor"): python("-c", "pass"),
        ("help", "ours"): python("-m", "mailrules", "--help"),
        ("check", "floor"): python("-c", _READ, str(config)),
        ("check", "ours"): python("-m", "mailrules", "check", "-c", str(config)),
    }
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(bench.either(3, 1) * bench.runs):
        for name, program in commands.items():
            found[name].append(measured(program).wall)
    samples = {name: Sample.of(seconds) for name, seconds in found.items()}
    yield Row(
        "mailrules --help (floor: Python alone)", "s", samples["help", "ours"], samples["help", "floor"], goal=Goal(0.3)
    )
    axis = f"mailrules check, {checked:,} rules (floor: reading the TOML)"
    yield Row(axis, "s", samples["check", "ours"], samples["check", "floor"], goal=Goal(1))
    bench.say(f"--help {samples['help', 'ours']} s, check {samples['check', 'ours']} s")
    with Dovecot() as server:
        reloads = [asyncio.run(_reload(bench, server, turn, reloaded)) for turn in range(bench.runs)]
    axis = f"reload of {reloaded:,} rules"
    yield Row(f"{axis}: saved to in force", "s", Sample.of(one.seconds for one in reloads), goal=Goal(2))
    # What people are told: a message is filed within a second, whatever else goes on.
    longest, usual = Sample.of(one.longest for one in reloads), Sample.of(one.usual for one in reloads)
    yield Row(f"{axis}: longest EXISTS to moved meanwhile (floor: the usual)", "s", longest, usual, goal=Goal(1))
    for reload in reloads:
        bench.say(f"{axis}: {reload}")


async def _reload(bench: Bench, server: Dovecot, turn: int, number: int) -> Reload:
    users = [f"reload-{turn}-{place}" for place in range(_ACCOUNTS)]
    folder = bench.empty_folder()
    mail = message("probe")
    with Relay(Setting(server.ports.imap)) as relay:
        async with daemon(_write(folder, users, relay.port, number, "Old")) as running:
            await running.logged("watching", _ACCOUNTS)
            passed: list[Passed] = []
            ended = asyncio.Event()
            loop = asyncio.get_running_loop()

            async def bring() -> None:
                place = 0
                while not ended.is_set():
                    await asyncio.to_thread(server.deliver, users[place % _ACCOUNTS], mail)
                    place += 1
                    await asyncio.sleep(_APART)

            bringing = asyncio.create_task(bring())
            await asyncio.sleep(_USUAL)
            saved = loop.time()
            _write(folder, users, relay.port, number, "New")
            await running.logged("rules taken over")
            in_force = loop.time()
            await asyncio.sleep(_USUAL / 2)
            ended.set()
            await bringing
            await asyncio.sleep(_USUAL / 2)
            passed += relay.noted()
    filings = filings_of(passed)
    before = [one.seconds for one in filings if one.told < saved]
    meanwhile = [one.seconds for one in filings if _overlaps(one, saved, in_force)]
    if not before or not meanwhile:
        raise AssertionError("no message came during the reload")
    return Reload(in_force - saved, Sample.of(before).median, max(meanwhile))


def _overlaps(filing: Filing, begin: float, end: float) -> bool:
    return filing.told + filing.seconds > begin and filing.told < end


def _write(folder: Path, users: list[str], port: int, number: int, target: str) -> Path:
    accounts = "".join(
        f'[accounts.{user}]\nhost = "127.0.0.1"\ntls = "none"\nport = {port}\nusername = "{user}"\n'
        f'password = "{PASSWORD}"\n\n'
        for user in users
    )
    path = folder / "rules.toml"
    new = folder / "new.toml"
    new.write_text(
        f'[daemon]\nstate = "{folder}/state.db"\n\n{accounts}{_PROBE.format(target=target)}{mixed_rules(number)}'
    )
    new.chmod(0o600)
    return new.rename(path)
