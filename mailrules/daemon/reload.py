"""Says when the rule file, or a file that it includes, has changed.

Directories are watched and not files: most editors write a new file and rename it into place, and Kubernetes
swaps the symlink ``..data`` that every file of a volume leads through. A watch on the file itself would stay with
the file that is gone.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import awatch

from mailrules.config import load
from mailrules.config.watch import is_folder, real, watch
from mailrules.daemon.garbage import lasting

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Iterator

    from watchfiles import Change

    from mailrules.config import Loaded, Watch

__all__ = ["Snapshot", "changes", "read", "snapshot"]

Snapshot = frozenset[tuple[Path, int, int, int]]
"""The files that there are, with what shows that one has changed."""

_SETTLE = 200  # milliseconds without a change, after which the writer is taken to have finished
_MOST_LINKS = 40  # as many symlinks on one path as Linux follows


async def changes(watched: Watch, stop: asyncio.Event) -> AsyncGenerator[None, None]:
    """Yield once for each group of changes that belong together, until ``stop`` is set.

    The watch has begun when the first step comes to its first wait.
    To cancel it would take seconds: the thread that waits looks at ``stop`` alone. Raises OSError or
    RuntimeError if nothing can be watched.
    """
    links = {name for file in watched.files for name in _stations(file)}
    # The kernel knows a folder once, by whatever name it was given first: so each is watched by its real one.
    folders: defaultdict[Path, set[Path]] = defaultdict(set)
    for folder in watched.folders:
        folders[real(folder)].add(folder)
    for name in links:
        folders[name.parent].add(name.parent)

    def matters(_change: Change, text: str) -> bool:
        path = Path(text)
        return path in links or any(watched.concerns(folder / path.name) for folder in folders.get(path.parent, ()))

    async for _ in awatch(
        *(folder for folder in folders if is_folder(folder)),
        watch_filter=matters,
        stop_event=stop,
        recursive=False,
        step=_SETTLE,
        ignore_permission_denied=True,
    ):
        yield


def read(path: Path) -> tuple[Loaded, Snapshot]:
    """Load the rule file; with it comes how its files looked before, so that a save meanwhile shows.

    What it includes is known when it has been read: it is read once more then. Raises ConfigError.
    """
    watched = watch([path], path.parent, ())
    while True:
        before = snapshot(watched)
        with lasting():
            loaded = load(path)
        if loaded.watch == watched:
            return loaded, before
        watched = loaded.watch


def snapshot(watched: Watch) -> Snapshot:
    """Take down how the files look from outside: another one shows later what changed while nobody watched."""
    names = set(watched.files)
    for folder in watched.folders:
        with suppress(OSError):
            names.update(path for path in folder.iterdir() if watched.concerns(path))
    taken = set()
    for name in names:
        with suppress(OSError):
            about = name.stat()
            taken.add((name, about.st_ino, about.st_size, about.st_mtime_ns))
    return frozenset(taken)


def _stations(path: Path) -> Iterator[Path]:
    """Yield each symlink that leads to ``path``, by its own real place, and last the real place of ``path`` itself."""
    place = Path("/")
    parts = list(reversed(path.absolute().parts[1:]))
    followed = 0
    while parts:
        part = parts.pop()
        if part == "..":
            place = place.parent
        elif followed < _MOST_LINKS and (target := _target(place / part)) is not None:
            followed += 1
            yield place / part
            if target.is_absolute():
                place = Path("/")
            parts += reversed([piece for piece in target.parts if piece != "/"])
        else:
            place /= part
    yield place


def _target(path: Path) -> Path | None:
    """Return where a symlink leads; None for what is none, or where nobody may look."""
    try:
        return path.readlink()
    except OSError:
        return None
