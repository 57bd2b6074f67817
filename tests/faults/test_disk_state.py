"""A state that is torn, or is something else, is refused with what to do about it, and stays as it is."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mailrules.cli.failures import Status
from mailrules.store import SqliteStore, StateDamaged, StateError, StateTooNew
from tests.cli.running import mailrules
from tests.store.builders import ACCOUNT, INBOX, NOW, checkpoint, entry

ENTRIES = 200
PAGE = 4096
PUT_BACK = "put a copy back; or move state.db away"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The octets of a whole state."""
    path = tmp_path_factory.mktemp("good") / "state.db"

    async def fill() -> None:
        async with SqliteStore(path) as store:
            await store.begin([entry(uid) for uid in range(1, ENTRIES + 1)], checkpoint(ENTRIES), now=NOW)

    asyncio.run(fill())
    return path.read_bytes()


async def refused(path: Path) -> StateError:
    """Open the state and read it; return how it was refused."""
    with pytest.raises(StateError) as raised:
        async with SqliteStore(path) as store:
            await store.unfinished(ACCOUNT, INBOX)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("left", [15, 99, 100, PAGE - 1, PAGE, 2 * PAGE, 0.5, -PAGE])
async def test_a_truncated_state_is_refused(tmp_path: Path, good: bytes, left: float) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(good[: left if isinstance(left, int) else int(len(good) * left)])
    torn = path.read_bytes()
    error = await refused(path)
    assert isinstance(error, StateDamaged)
    assert PUT_BACK in str(error)
    assert path.read_bytes() == torn


@pytest.mark.parametrize("offset", [0, 16, 18, 20, 28, 44, 60, 68, 100, 108])
async def test_a_state_with_other_octets_in_its_header_is_refused(tmp_path: Path, good: bytes, offset: int) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(good[:offset] + b"\xa5\x5a\x11\x99" + good[offset + 4 :])
    torn = path.read_bytes()
    assert isinstance(await refused(path), StateDamaged)
    assert path.read_bytes() == torn


async def test_other_octets_in_any_page_are_refused_or_do_no_harm(tmp_path: Path, good: bytes) -> None:
    """Where they fall into what nothing uses, all entries are still there; a fault of ours is never the answer."""
    lots, refusals = random.Random(7), 0
    for number in range(60):
        path = tmp_path / str(number) / "state.db"
        path.parent.mkdir()
        place = lots.randrange(PAGE, len(good) - 64)
        path.write_bytes(good[:place] + lots.randbytes(64) + good[place + 64 :])
        try:
            async with SqliteStore(path) as store:
                assert len(await store.unfinished(ACCOUNT, INBOX)) <= ENTRIES
        except StateDamaged:
            refusals += 1
    assert refusals > 10


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
async def test_garbage_beside_a_whole_state_does_no_harm(tmp_path: Path, good: bytes, end: str) -> None:
    """No checksum of the log fits it, its index is made anew, and a state with a log has no other journal."""
    path = tmp_path / "state.db"
    path.write_bytes(good)
    path.with_name(path.name + end).write_bytes(random.Random(3).randbytes(32_768))
    async with SqliteStore(path) as store:
        assert len(await store.unfinished(ACCOUNT, INBOX)) == ENTRIES


async def test_an_empty_file_is_a_new_state(tmp_path: Path) -> None:
    """It is what a crash right after the first start leaves, and what a container is given to keep its state in."""
    path = tmp_path / "state.db"
    path.touch()
    async with SqliteStore(path) as store:
        assert await store.checkpoints(ACCOUNT) == ()


def _sql(statement: str) -> Callable[[Path], None]:
    def alter(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            db.execute(statement)

    return alter


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        pytest.param(_sql("PRAGMA user_version = 99"), StateTooNew, "run the newer mailrules", id="newer"),
        pytest.param(_sql("PRAGMA user_version = 0"), StateDamaged, PUT_BACK, id="without its schema number"),
        pytest.param(_sql("DROP TABLE step"), StateDamaged, PUT_BACK, id="without a table"),
        pytest.param(_sql("PRAGMA application_id = 7"), StateDamaged, "another program", id="another program's"),
        pytest.param(_directory, StateError, "name a file in daemon.state", id="a directory"),
        pytest.param(_pipe, StateError, "name a file in daemon.state", id="a pipe"),
    ],
)
async def test_something_else_in_its_place_is_refused(
    tmp_path: Path, good: bytes, spoil: Callable[[Path], None], kind: type[StateError], words: str
) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(good)
    spoil(path)
    error = await refused(path)
    assert isinstance(error, kind)
    assert words in str(error)


def test_the_command_line_says_it_in_one_sentence_and_ends(tmp_path: Path, good: bytes) -> None:
    (tmp_path / "state.db").write_bytes(good[:PAGE])
    config = tmp_path / "rules.toml"
    config.write_text(
        '[daemon]\nstate = "state.db"\n[accounts.work]\nhost = "127.0.0.1"\ntls = "none"\nport = 1\n'
        'username = "ann"\npassword = { env = "PATH" }\n'
        '[[rules]]\nname = "all"\nmatch = "everything"\nthen.add_flags = ["$Seen"]\n'
    )
    config.chmod(0o600)
    result = mailrules("run", "-c", config)
    assert result.exit_code == Status.FAILED
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [str(tmp_path / "state.db")]
    assert PUT_BACK in result.stderr
