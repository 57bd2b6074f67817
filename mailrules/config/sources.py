"""Reads the main file and the files it includes. What the values in them mean is not this module's business."""

import glob
import os
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from mailrules.config.locate import Locator
from mailrules.config.problems import ConfigError, KeyPath, Problem, render
from mailrules.config.syntax import explain
from mailrules.config.watch import Watch, absolute, expand, watch
from mailrules.config.words import expected
from mailrules.rules.text import printable
from mailrules.values import value


class Document:
    """One TOML file that could be read: its path as the user knows it, its mode (``st_mode``), its text, its values."""

    def __init__(self, file: Path, mode: int, text: str, values: Mapping[str, object]) -> None:
        self.file = file
        self.mode = mode
        self.text = text
        self.values = values

    @cached_property
    def locator(self) -> Locator:
        """The lines of its keys; found when the first problem asks."""
        return Locator(self.text)

    def at(self, path: KeyPath) -> object:
        """Return the value at a path; None if there is none, for TOML has no null."""
        return value_at(self.values, path)

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return a problem with what is, or is missing, at a path."""
        return Problem(self.file, self.locator.line(path), self.words(path), message)

    def place(self, path: KeyPath) -> str:
        """Write where a path is found: ``rules.toml:14``."""
        return f"{self.file}:{self.locator.line(path)}"

    def words(self, path: KeyPath) -> str:
        """Write a path in words: ``rule 'lists': match.from``, ``account 'work': host``, ``daemon.state``."""
        match path:
            case ("rules", int(index), *rest):
                name = self.at(("rules", index, "name"))
                named = isinstance(name, str) and name.strip()
                owner = f"rule '{printable(str(name))}'" if named else f"rule number {index + 1}"
            case ("tests", int(index), *rest):
                name = self.at(("tests", index, "name"))
                named = isinstance(name, str) and name.strip()
                owner = f"test '{printable(str(name))}'" if named else f"test number {index + 1}"
            case ("accounts" | "tables" | "conditions" as key, str(name), *rest):
                owner = f"{key.removesuffix('s')} '{printable(name)}'"
            case _:
                return render(path)
        return f"{owner}: {render(tuple(rest))}" if rest else owner


@value(frozen=True, slots=True)
class Sources:
    """The main file first, then what it includes in the order of the paths."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    """What is wrong with reading the included files and with ``include`` itself."""
    warnings: tuple[Problem, ...]
    watch: Watch
    files: tuple[Path, ...]
    """The files in order, those that could not be read too."""
    include: tuple[str, ...]

    def order(self, problem: Problem) -> tuple[int, int]:
        """Return the key that sorts problems by file and line."""
        return (self.files.index(problem.file) if problem.file in self.files else 0, problem.line or 0)


def read_sources(path: Path) -> Sources:
    """Read the main file and its includes.

    Raises ConfigError if the main file cannot be read; an included file's trouble is among the problems instead.
    """
    folder = path.parent
    try:
        main = read_document(path)
    except ConfigError as error:
        raise ConfigError(error.problems, watch([path], folder, [])) from None
    patterns, problems = _patterns(main)
    warnings = []
    files: dict[Path, Path] = {}
    for where, pattern in patterns:
        hits = _files(folder, pattern)
        files |= {absolute(hit): hit for hit in hits}
        if not hits and not glob.has_magic(pattern):
            warnings.append(main.problem(where, "there is no such file"))
    files.pop(absolute(path), None)
    included = tuple(files[key] for key in sorted(files))
    documents = [main]
    for file in included:
        try:
            documents.append(read_document(file))
        except ConfigError as error:
            problems.extend(error.problems)
    include = tuple(pattern for _, pattern in patterns)
    watched = watch([path, *included], folder, include)
    return Sources(tuple(documents), tuple(problems), tuple(warnings), watched, (path, *included), include)


def value_at(value: object, path: KeyPath) -> object:
    """Return what stands at a path in a TOML value; None if there is nothing."""
    for part in path:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def read_document(file: Path) -> Document:
    """Read one TOML file. Raises ConfigError."""
    try:
        with file.open("rb") as opened:
            data = opened.read()
            mode = os.fstat(opened.fileno()).st_mode
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        why = "there is no such file" if missing else f"cannot be read ({(error.strerror or 'unknown error').lower()})"
        raise ConfigError([Problem(file, None, "", why)]) from None
    try:
        text = data.decode("utf-8-sig")  # Windows' editors put a byte order mark first
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError([Problem(file, line, "", "this is not UTF-8 text; save the file as UTF-8")]) from None
    try:
        return Document(file, mode, text, tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        found = explain(text.replace("\r\n", "\n"), error)
        raise ConfigError([Problem(file, found.line, "", found.message)]) from None  # its context would quote the file


def _patterns(main: Document) -> tuple[list[tuple[KeyPath, str]], list[Problem]]:
    """Return the globs of ``include`` with the places where they stand, and what is wrong with the others."""
    value = main.values.get("include", [])
    if not isinstance(value, str | list):
        return [], [main.problem(("include",), expected("text or a list of texts", value))]
    items: list[tuple[KeyPath, object]] = [(("include",), value)]
    if isinstance(value, list):
        items = [(("include", index), item) for index, item in enumerate(value)]
    patterns, problems = [], []
    for where, item in items:
        if not isinstance(item, str):
            problems.append(main.problem(where, expected("text", item)))
        elif not item.strip():
            problems.append(main.problem(where, "must not be empty"))
        elif item.isprintable():  # else the control characters are reported as such
            patterns.append((where, _at_home(item)))
    return patterns, problems


def _at_home(pattern: str) -> str:
    try:
        return str(Path(pattern).expanduser())
    except RuntimeError:  # no such user; then no such file
        return pattern


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files that fit a glob, without those in Kubernetes' own copies, ``..data`` and the like."""
    hits = expand(folder, pattern)
    return [hit for hit in hits if _is_file(hit) and not any(len(p) > 2 and p.startswith("..") for p in hit.parts)]


def _is_file(hit: Path) -> bool:
    try:
        return hit.is_file()
    except OSError:  # a folder that can be listed and not entered: who reads it says so
        return True
