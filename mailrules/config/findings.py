"""Collects what is wrong in the documents of a rule file, one problem a mistake, in the order of their lines."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mailrules.config import traps
from mailrules.config.otherwords import instead, stands_for
from mailrules.config.problems import KeyPath, Problem, did_you_mean, nearest, quoted_list
from mailrules.config.sources import Document, value_at
from mailrules.config.values import Place
from mailrules.config.words import keys_at, message
from mailrules.rules import Table

Model = TypeVar("Model", bound=BaseModel)


class Findings:
    """What is wrong in some documents; ``homes`` gives the keys that may stand under each header, if that is asked."""

    def __init__(self, documents: Sequence[Document], homes: Callable[[], Mapping[str, frozenset[str]]]) -> None:
        self._documents = documents
        self._find_homes = homes
        self._found: dict[Document, dict[KeyPath, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._trapped = {
            document: dict(traps.control_characters(document.values)) if traps.may_hold_control(document.text) else {}
            for document in documents
        }

    @cached_property
    def _homes(self) -> Mapping[str, frozenset[str]]:
        return self._find_homes()

    def add(self, document: Document, path: KeyPath, text: str) -> None:
        """Note a mistake in what stands, or is missing, at a path."""
        if text not in self._found[document][path]:
            self._found[document][path].append(text)

    def unknown(self, document: Document, table: KeyPath, keys: Iterable[str], known: Iterable[str]) -> None:
        """Note keys that a table does not know: where they belong, or which of those known there were meant."""
        elsewhere: dict[str, list[str]] = defaultdict(list)
        keys = tuple(keys)
        for key in keys:
            homes = self._homes_of(key, keys)
            if text := traps.misplaced((*table, key), document.locator.marks, self._homes["[[rules]]"]):
                elsewhere[text].append(key)
            elif text := instead(table, key):
                self.add(document, (*table, key), f"unknown key; {text}")
            elif len(homes) == 1:
                elsewhere[f"unknown key here; it belongs under {homes[0]}"].append(key)
            else:
                self.add(document, (*table, key), f"unknown key{did_you_mean(key, known)}")
        for text, (first, *others) in elsewhere.items():  # one header is missing or too early, not many keys wrong
            self.add(document, (*table, first), f"{text}, and {quoted_list(others, 'and')} with it" if others else text)

    def _homes_of(self, key: str, beside: Sequence[str]) -> list[str]:
        """Return the headers under which a key may stand; of several those under which most keys beside it may."""
        fitting = {header: len(known.intersection(beside)) for header, known in self._homes.items() if key in known}
        return [header for header, number in fitting.items() if number == max(fitting.values())]

    def validate(self, document: Document, path: KeyPath, model: type[Model], noun: str) -> Model | None:
        """Return the model made of the value at a path; None if that failed and was noted."""
        value = document.at(path)
        try:
            # Where they stand only settings need to know, and rules are many.
            place = None if issubclass(model, Table) else Place(document.file.parent, document.words(path))
            return model.model_validate(value, context=place)
        except ValidationError as error:
            errors = [details for details in error.errors(include_url=False) if details["type"] not in _CONSEQUENCES]
        unknown = {details["loc"]: keys_at(model, details["loc"][:-1]) for details in errors if _is_unknown(details)}
        for table in dict.fromkeys(loc[:-1] for loc in unknown):
            keys = [str(loc[-1]) for loc in unknown if loc[:-1] == table]
            self.unknown(document, (*path, *table), keys, keys_at(model, table))
        meant = {(*loc[:-1], key) for loc in unknown if (key := stands_for((*path, *loc[:-1]), str(loc[-1])))}
        if path[:1] == ("rules",):
            meant |= {(key,) for key in document.values}  # it stands above all rules, or under a header of its own
        for details in errors:
            if (
                not _is_unknown(details)
                and details["loc"] not in meant
                and not _is_meant(details["loc"], value, unknown)
            ):
                self.add(document, (*path, *_written(details, value)), message(details, noun))
        return None

    def problems(self) -> tuple[Problem, ...]:
        """Return all that was found. Where a trap of TOML's is the cause, only the trap is named."""
        return tuple(problem for document in self._documents for problem in self._problems(document))

    def _problems(self, document: Document) -> list[Problem]:
        trapped = self._trapped[document]
        found = [(path, text) for path, text in trapped.items()]
        for path, texts in self._found[document].items():
            if not any(path[: len(trap)] == trap or path == trap[:-1] for trap in trapped):
                found += [(path, text) for text in texts]
        problems = [document.problem(path, text) for path, text in found]
        return sorted(problems, key=lambda problem: problem.line or 0)


_CONSEQUENCES: Final = {"default_factory_not_called"}  # another setting is wrong, so this default could not be found


def _is_unknown(details: ErrorDetails) -> bool:
    return details["type"] == "extra_forbidden"


def _is_meant(loc: KeyPath, value: object, unknown: Mapping[KeyPath, Iterable[str]]) -> bool:
    """Return whether a missing key is there after all, misspelt or in the wrong place, and was noted as such."""
    table, key = loc[:-1], loc[-1:]
    if not key or value_at(value, loc) is not None:
        return False
    inside = {where: known for where, known in unknown.items() if where[: len(table)] == table}
    return any(where[-1:] == key or nearest(str(where[-1]), known) == key[0] for where, known in inside.items())


def _written(details: ErrorDetails, value: object) -> KeyPath:
    """Return an error's place as far as it is in the file: pydantic also names what a bare value stands for."""
    path: list[str | int] = []
    for part in details["loc"]:
        inner = value_at(value, (part,))
        if inner is not None:
            value = inner
        elif not isinstance(value, dict):
            continue
        path.append(part)  # of a table also what is missing
    return tuple(path)
