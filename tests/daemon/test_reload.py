"""Which changes on disk are seen: of files, of what replaces them, of the symlinks that lead to them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest
from watchfiles import awatch

from mailrules.config.watch import Watch, watch
from mailrules.daemon import reload
from mailrules.daemon.reload import changes, read, snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

LIMIT = 60.0  # seconds; a change is seen within one, unless the machine is busy with something else


@pytest.fixture(autouse=True)
def settle_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "_SETTLE", 50)


class Ear:
    """Hears what a watch tells."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        """The files of which it has been told since ``act``."""
        self.news = anyio.Event()

    def hear(self, names: Iterable[str]) -> None:
        self.names.update(names)
        self.news.set()

    def forget(self) -> None:
        self.names.clear()
        self.news = anyio.Event()

    async def silence(self) -> None:
        """Wait until what happened before has been told: nothing more comes."""
        while self.news.is_set():
            self.forget()
            with anyio.move_on_after(0.5):
                await self.news.wait()


@asynccontextmanager
async def listening(watched: Watch, nudge: Callable[[], object]) -> AsyncIterator[Ear]:
    """Listen to a watch that has begun, as ``nudge``, which is certainly seen, has shown."""
    ear = Ear()
    stop = asyncio.Event()

    async def told(*folders: Path, **options: object) -> AsyncIterator[object]:
        async for found in awatch(*folders, **options):  # type: ignore[arg-type]  # they are handed on as they come
            ear.hear(Path(text).name for _, text in found)
            yield found

    async def listen() -> None:
        async for _ in stream:
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reload, "awatch", told)
        async with aclosing(changes(watched, stop)) as stream, anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            with anyio.fail_after(LIMIT):
                while not ear.news.is_set():  # the watch begins in a thread of its own; until then nothing is seen
                    nudge()
                    with anyio.move_on_after(0.2):
                        await ear.news.wait()
                await ear.silence()
            yield ear
            stop.set()


async def seen(watched: Watch, act: Callable[[], object], *, nudge: Callable[[], object]) -> bool:
    """Tell whether ``act`` is seen."""
    async with listening(watched, nudge) as ear:
        act()
        with anyio.move_on_after(LIMIT):
            await ear.news.wait()
        return ear.news.is_set()


async def seen_besides(watched: Watch, act: Callable[[], object], *, nudged: Path) -> set[str]:
    """Tell which files are seen after ``act``, besides one that is touched afterwards and certainly is."""
    async with listening(watched, nudged.touch) as ear:
        act()
        nudged.touch()
        with anyio.fail_after(LIMIT):
            await ear.news.wait()
            await anyio.sleep(0.5)
        return ear.names - {nudged.name}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "rules.d").mkdir(parents=True)
    (home / "rules.toml").write_text("one")
    return home / "rules.toml"


def files(path: Path) -> Watch:
    return watch([path], path.parent, [])


def replace(path: Path) -> None:
    """Write a file the way editors do: a new one beside it, renamed into place."""
    new = path.with_name("4913")
    new.write_text("two")
    new.rename(path)


def remove_and_write(path: Path) -> None:
    path.unlink()
    path.write_text("two")


@pytest.mark.parametrize("change", [replace, remove_and_write, lambda path: path.write_text("two")])
async def test_a_changed_file_is_seen_however_it_was_written(rules: Path, change: Callable[[Path], object]) -> None:
    assert await seen(files(rules), lambda: change(rules), nudge=rules.touch)


async def test_what_editors_leave_beside_the_file_is_not_a_change(rules: Path) -> None:
    def leave() -> None:
        for name in (".rules.toml.swp", "rules.toml~", "4913", "#rules.toml#"):
            rules.with_name(name).write_text("x")

    assert await seen_besides(files(rules), leave, nudged=rules) == set()


@pytest.mark.parametrize("include", ["", 'include = ["rules.d/*.toml"]\n'])
def test_what_was_not_saved_while_it_was_read_looks_the_same_afterwards(tmp_path: Path, include: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(include)
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "one.toml").write_text('[[rules]]\nname = "one"\nmatch = "everything"\nthen.move = "A"\n')
    loaded, before = read(path)
    assert before == snapshot(loaded.watch)
    assert len(loaded.ruleset.rules) == bool(include)


async def test_the_swap_of_a_kubernetes_volume_is_seen(tmp_path: Path) -> None:
    for version in ("..one", "..two"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "rules.toml").write_text(version)
    (tmp_path / "..data").symlink_to("..one")
    (tmp_path / "rules.toml").symlink_to("..data/rules.toml")

    def swap() -> None:
        (tmp_path / "..data_tmp").symlink_to("..two")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")

    assert await seen(files(tmp_path / "rules.toml"), swap, nudge=(tmp_path / "..one" / "rules.toml").touch)


async def test_a_file_behind_a_symlink_is_seen_where_it_lies(rules: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to("home/rules.toml")
    assert await seen(files(link), lambda: replace(rules), nudge=rules.touch)


async def test_a_new_file_that_an_include_covers_is_seen(rules: Path) -> None:
    watched = watch([rules], rules.parent, ["rules.d/*.toml"])
    new = rules.parent / "rules.d"
    assert await seen(watched, lambda: (new / "ann.toml").write_text("x"), nudge=rules.touch)
    assert await seen_besides(watched, lambda: (new / "notes.txt").write_text("x"), nudged=rules) == set()


async def test_a_directory_that_an_include_names_is_seen_when_it_is_made(rules: Path) -> None:
    watched = watch([rules], rules.parent, ["later/*.toml"])
    assert await seen(watched, (rules.parent / "later").mkdir, nudge=rules.touch)


async def test_a_folder_is_watched_under_all_its_names(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to("home")
    alias = tmp_path / "alias"
    watched = watch([rules, alias / "rules.toml"], alias, ["rules.d/*.toml", "*.inc"])
    assert await seen(watched, lambda: replace(rules), nudge=rules.touch)
    assert await seen(watched, lambda: (alias / "new.inc").write_text("x"), nudge=rules.touch)


async def test_a_symlink_that_leads_to_itself_is_no_trap(rules: Path) -> None:
    loop = rules.with_name("loop.toml")
    loop.symlink_to("loop.toml")
    assert await seen(Watch(frozenset({rules, loop}), frozenset({rules.parent})), loop.unlink, nudge=rules.touch)


async def test_a_folder_that_nobody_may_enter_does_not_end_the_watch(
    rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = rules.parent / "rules.d"
    watched = watch([rules, closed / "x" / "ann.toml"], rules.parent, ["rules.d/x/*.toml"])
    for name in ("stat", "readlink"):
        real = getattr(Path, name)

        def refuse(path: Path, *, real: Callable[..., object] = real, **options: object) -> object:
            if closed in path.parents:
                raise PermissionError
            return real(path, **options)

        monkeypatch.setattr(Path, name, refuse)
    assert await seen(watched, lambda: replace(rules), nudge=rules.touch)
