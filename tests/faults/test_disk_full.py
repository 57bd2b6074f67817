"""A disk without room, or one that may only be read: the daemon says so, leaves the mail where it is, and goes on."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest

from mailrules.cli.failures import Status
from mailrules.demo import MemoryServer, Options
from mailrules.store import SqliteStore, StateError
from tests.builders import message
from tests.faults.process import LIMIT, daemon, rule_file
from tests.mounts import mounted
from tests.servers.dovecot import PASSWORD

RULES = '[[rules]]\nname = "file"\nmatch.subject = "m"\nthen.move = "Filed"\n'
STEPS = ("UID STORE", "UID COPY", "UID MOVE", "UID EXPUNGE")
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
ANYBODY = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.geteuid() == 0 else []
"""Root may write what nobody may: this is how to be root without that."""


class Disk(Protocol):
    """A disk that can be without room."""

    folder: Path
    words: str

    def fill(self, pid: int) -> None:
        """Leave no room for this process."""

    def free(self, pid: int) -> None:
        """Make room again."""


class Limited:
    """No privilege is needed for this one: the process may not make its files any longer."""

    words = "state.db: the disk reports an error (disk I/O error): look at the system's log"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, pid: int) -> None:
        log = (self.folder / "state.db-wal").stat().st_size
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (log, resource.RLIM_INFINITY))

    def free(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, UNLIMITED)


class Small:
    """A file system of its own."""

    words = "state.db: the disk is full: make room, mailrules goes on by itself"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, pid: int) -> None:  # noqa: ARG002 - nobody finds room
        with suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    def free(self, pid: int) -> None:  # noqa: ARG002
        (self.folder / "filler").unlink()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte; its test is left out where nobody may mount any, and `Limited` is not."""
    with mounted(tmp_path / "small", 1) as folder:
        yield folder


async def test_a_process_that_finds_no_room_files_nothing_and_goes_on_when_there_is_some(tmp_path: Path) -> None:
    await goes_on(Limited(tmp_path))


async def test_a_full_file_system_is_named_and_waited_for(mount: Path) -> None:
    await goes_on(Small(mount))


async def goes_on(disk: Disk) -> None:
    """Fill the disk while the daemon works, and make room again."""
    async with MemoryServer(Options(user="ann", password=PASSWORD)) as server:
        config = rule_file(disk.folder, "ann", server.port, RULES)
        async with daemon(config) as running:
            pid = running.process.pid
            await running.logged("watching")
            server.deliver("INBOX", message("m"))
            await running.logged("acted", uid=1)
            disk.fill(pid)
            since = len(server.commands)
            server.deliver("INBOX", message("m"))
            trouble = await running.logged("interrupted")
            assert disk.words in str(trouble["reason"])
            assert [command for command in server.commands[since:] if command.startswith(STEPS)] == []
            assert [each.uid for each in server.snapshot()["INBOX"]] == [2]
            disk.free(pid)
            await running.logged("acted", uid=2)
            assert await running.stop() == 0
        assert (len(server.snapshot()["INBOX"]), len(server.snapshot()["Filed"])) == (0, 2)
        assert "Traceback" not in "".join(running.raw)


@pytest.mark.parametrize("room", [0, 12, 45])
async def test_a_state_that_finds_no_room_at_the_start_says_so(mount: Path, room: int) -> None:
    disk = Small(mount)
    (mount / "room").write_bytes(bytes(room * 1024))
    disk.fill(0)
    (mount / "room").unlink()
    with pytest.raises(StateError, match=r"state\.db: the disk is full: make room"):
        await SqliteStore(mount / "state.db").open()


async def test_a_state_that_may_only_be_read_ends_the_command_with_one_sentence(tmp_path: Path) -> None:
    config = rule_file(tmp_path, "ann", 1, RULES)
    state = tmp_path / "state.db"
    async with SqliteStore(state):
        pass
    state.chmod(0o400)
    process = await asyncio.create_subprocess_exec(
        *(*ANYBODY, sys.executable, "-m", "mailrules", "run", "-c", str(config)),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    _, told = await asyncio.wait_for(process.communicate(), LIMIT)
    words = "the state cannot be opened (Permission denied): name a file in daemon.state that mailrules may write"
    assert (process.returncode, told.decode()) == (Status.FAILED, f"{state}: {words}\n")
