"""Says when the rule file, or a file that it includes, has changed.

Directories are watched and not files: most editors write a new file and rename it into place, and Kubernetes
swaps the symlink ``..data`` that every file of a volume leads through. A watch on the file itself would stay with
the file that is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import awatch

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Iterable, Iterator

__all__ = ["Watch", "changes"]

_SETTLE = 200  # milliseconds without a change, after which the writer is taken to have finished
_MOST_LINKS = 40  # as many symlinks on one path as Linux follows


@dataclass(frozen=True, slots=True)
class Watch:
    """The names whose change matters, by their real place: files, symlinks that lead there, globs of files to come."""

    names: frozenset[Path]
    globs: frozenset[Path]

    @classmethod
    def of(cls, files: Iterable[Path]) -> Watch:
        """Watch these files, which may be globs in their last part, and every symlink on the way to them."""
        names: set[Path] = set()
        globs: set[Path] = set()
        for file in files:
            *links, real = _stations(file)
            names.update(links)
            (globs if _is_glob(file) else names).add(real)
        # A directory that does not exist yet shows when it is made in the one above it.
        missing = {name.parent for name in names | globs if not name.parent.is_dir()}
        return cls(frozenset(names | missing), frozenset(globs))

    def directories(self) -> frozenset[Path]:
        """Name the directories to watch, those that exist."""
        return frozenset(name.parent for name in self.names | self.globs if name.parent.is_dir())

    def matters(self, path: Path) -> bool:
        """Tell whether a change of ``path`` can change what the files say."""
        return path in self.names or any(
            path.parent == glob.parent and fnmatchcase(path.name, glob.name) for glob in self.globs
        )


async def changes(watch: Watch, stop: asyncio.Event) -> AsyncGenerator[None, None]:
    """Yield once for each group of changes that belong together, until ``stop`` is set.

    To cancel it would take seconds: the thread that waits looks at ``stop`` alone. Raises OSError if a watch fails.
    """
    async for _ in awatch(
        *watch.directories(),
        watch_filter=lambda _change, path: watch.matters(Path(path)),
        stop_event=stop,
        recursive=False,
        step=_SETTLE,
        ignore_permission_denied=True,
    ):
        yield


def _is_glob(path: Path) -> bool:
    return any(char in path.name for char in "*?[")


def _stations(path: Path) -> Iterator[Path]:
    """Yield each symlink that leads to ``path``, by its own real place, and last the real place of ``path`` itself."""
    real = Path("/")
    parts = list(reversed(path.absolute().parts[1:]))
    followed = 0
    while parts:
        part = parts.pop()
        if part == "..":
            real = real.parent
        elif (real / part).is_symlink() and followed < _MOST_LINKS:
            followed += 1
            yield real / part
            target = (real / part).readlink()
            if target.is_absolute():
                real = Path("/")
            parts += reversed([piece for piece in target.parts if piece != "/"])
        else:
            real /= part
    yield real
