"""The daemon at rest on a real Dovecot with thousands of connections: ``python -m tests.bench.hibernating 10000``.

Dovecot puts connections in IDLE into a few processes (imap-hibernate). It lets some hundred users in a second sign in.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.idle import processor, resident
from tests.bench.programs import python, started
from tests.servers.configuration import Layout
from tests.servers.dovecot import PASSWORD, Dovecot

_LIMIT = 1_200.0  # seconds until all are signed in
_SETTLING = 10.0  # seconds after the last sign-in
_RULE = '[[rules]]\nname = "file"\nmatch.subject.contains = "mail"\nthen.move = "Filed"\n'


@dataclass(frozen=True, slots=True)
class Rest:
    """A daemon at rest."""

    mailboxes: int
    resident: float
    """KiB of the process."""
    load: float
    """Percent of a core."""
    seconds: float
    """From its start until all were watched."""

    def __str__(self) -> str:
        memory = f"{self.resident / 1024:.0f} MiB, {self.load:.2f} % of a core at rest"
        return f"{self.mailboxes:,} mailboxes: all watched after {self.seconds:.1f} s, {memory}"


def measure(number: int, seconds: float) -> Rest:
    """Let a daemon rest with so many accounts, each with one mailbox and a connection with TLS."""
    with Dovecot(Layout(hibernating=number)) as server, TemporaryDirectory() as name:
        return _rest(server, Path(name), number, seconds)


def _rest(server: Dovecot, folder: Path, number: int, seconds: float) -> Rest:
    log = folder / "log"
    program = python("-m", "mailrules", "run", "--log-format", "json", "-c", str(_rule_file(server, folder, number)))
    with log.open("wb") as file, started(program, log=file) as (process, begun):
        pid = process.pid
        while log.read_bytes().count(b'"event": "watching"') < number:
            if time.monotonic() - begun > _LIMIT:
                raise TimeoutError(log.read_text()[-2_000:])
            time.sleep(0.5)
        signed_in = time.monotonic() - begun
        time.sleep(_SETTLING)
        before, since = processor(pid), time.monotonic()
        time.sleep(seconds)
        load = (processor(pid) - before) / (time.monotonic() - since) * 100
        return Rest(number, resident(pid), load, signed_in)


def _rule_file(server: Dovecot, folder: Path, number: int) -> Path:
    accounts = "".join(
        f'[accounts.u{n}]\nhost = "127.0.0.1"\nport = {server.ports.imaps}\nusername = "u{n}"\n'
        f'password = "{PASSWORD}"\nca_file = "{server.ca_file}"\n\n'
        for n in range(number)
    )
    path = folder / "rules.toml"
    path.write_text(f'[daemon]\nstate = "{folder}/state.db"\n\n{accounts}{_RULE}')
    path.chmod(0o600)
    return path


if __name__ == "__main__":
    for size in (1, int(sys.argv[1])):
        print(measure(size, 60.0))
