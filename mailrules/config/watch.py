"""Which files and folders make up a rule file, for whoever has to notice that it changed.

Editors replace files and Kubernetes swaps whole folders, so folders are what is watched, and each change in one is
asked about: does it concern us?
"""

import glob
import os.path
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path

from mailrules.values import value


@value(frozen=True, slots=True)
class Watch:
    """What a rule file was read from. All paths and patterns are absolute."""

    files: frozenset[Path] = frozenset()
    """Every file that was read, or that should have been there."""
    folders: frozenset[Path] = frozenset()
    """The folders to watch, each without those below it."""
    patterns: tuple[str, ...] = ()
    """The globs of ``include``: a file that appears under one of them is part of the rules."""

    def concerns(self, path: Path) -> bool:
        """Return whether a change of this absolute path, in one of the folders, may change what a load gives."""
        # Kubernetes publishes a new version of mounted files by renaming the link `..data` beside them.
        if path in self.files or (path.name == "..data" and path.parent in self.folders):
            return True
        return any(_leads_to(path.parts, Path(pattern).parts) for pattern in self.patterns)


NOTHING = Watch()


def watch(files: Sequence[Path], start: Path, patterns: Sequence[str]) -> Watch:
    """Return what to watch for these files, and for the globs that begin in the folder ``start``."""
    places = {place for file in files for place in (absolute(file), real(file))}  # a link, and what it leads to
    folders = {place.parent for place in places}
    for pattern in patterns:
        folders.update(map(absolute, _folders(start, Path(pattern).parts[:-1])))
    globs = tuple(str(absolute(Path(glob.escape(str(absolute(start))), pattern))) for pattern in patterns)
    return Watch(frozenset(places), frozenset(folders), globs)


def absolute(path: Path) -> Path:
    """Return a path from the root and without ``..``, so that one file has one name; links stay links."""
    return Path(os.path.normpath(path.absolute()))


def real(path: Path) -> Path:
    """Return what a path leads to, without links; one that leads to itself, or where nobody may look, stays."""
    return Path(os.path.realpath(path))


def is_folder(path: Path) -> bool:
    """Return whether there is a folder, as far as we may know."""
    try:
        return path.is_dir()
    except OSError:
        return False


def expand(start: Path, pattern: str) -> list[Path]:
    """Return what fits a glob that begins in a folder. Hidden files, such as an editor's own, do not fit ``*``."""
    return [start / hit for hit in glob.glob(pattern, root_dir=start, recursive=True)]  # noqa: PTH207  Path's finds them


def _folders(start: Path, parts: Sequence[str]) -> Iterator[Path]:
    """Return the folders in which files that fit a glob may appear, or the one in which the first of those may."""
    fixed = tuple(takewhile(lambda part: not glob.has_magic(part), parts))
    base = absolute(start.joinpath(*fixed))
    yield next((place for place in (base, *base.parents) if is_folder(place)), base)
    for length in range(len(fixed) + 1, len(parts) + 1):
        yield from (hit for hit in expand(start, str(Path(*parts[:length]))) if is_folder(hit))


def _leads_to(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Return whether a path fits a glob, or the beginning of one: a new folder in which files may fit."""
    if not parts or not pattern:
        return not parts
    if pattern[0] == "**":
        return True
    return fnmatchcase(parts[0], pattern[0]) and _leads_to(parts[1:], pattern[1:])
