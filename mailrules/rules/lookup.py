"""A lookup table: keys with their values, found by hash, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from hashlib import sha256
from types import MappingProxyType

from mailrules.rules.domains import LONGEST_DOMAIN
from mailrules.rules.spelling import Spelling
from mailrules.values import value


@value(frozen=True, slots=True)
class Lookup:
    """One ``[tables.x]``; a plain list has empty values."""

    rows: Mapping[str, str]
    """By key, as written; keys that are the same but for their case have the same value."""
    parents: bool = False
    """Whether a domain that is no key stands for the nearest domain above it that is one."""
    digest: str = field(init=False, compare=False, repr=False)
    """A hash of the rows, whatever order they came in."""
    _keys: dict[tuple[Spelling, bool], Keys] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        written = json.dumps([self.parents, sorted(self.rows.items())])
        object.__setattr__(self, "rows", MappingProxyType(dict(self.rows)))
        object.__setattr__(self, "digest", sha256(written.encode("ascii")).hexdigest())
        object.__setattr__(self, "_keys", {})

    def keys(self, spelling: Spelling, *, exact: bool = False) -> Keys:
        """Give the table as it is looked up in with texts of one spelling; it is spelt once, for all rules."""
        known = self._keys.get((spelling, exact))
        if known is None:
            known = self._keys[spelling, exact] = _KINDS[spelling](self, spelling, exact=exact)
        return known


class Keys:
    """A table's rows by the spelling of their keys. The same table and spelling give the same object."""

    def __init__(self, lookup: Lookup, spelling: Spelling, *, exact: bool) -> None:
        spelt = [spelling.of(key, exact=exact) for key in lookup.rows]
        plain = all(key == written for key, written in zip(spelt, lookup.rows, strict=True))
        self.clash = _clash(spelt, lookup.rows)
        """Two keys, as written, that are spelt alike and have different values; None if there are none."""
        # Most tables are written in lower case: those are in memory once, whatever looks them up.
        self._rows = lookup.rows if plain else dict(zip(spelt, lookup.rows.values(), strict=True))
        self._parents = lookup.parents

    def value(self, text: str) -> str | None:
        """Give the value for a text of this spelling; None if it is not in the table."""
        return self._rows.get(text)

    def __contains__(self, text: str) -> bool:
        return self.value(text) is not None


def _clash(spelt: Sequence[str], rows: Mapping[str, str]) -> tuple[str, str] | None:
    first: dict[str, str] = {}
    if len(set(spelt)) < len(spelt):
        for key, written in zip(spelt, rows, strict=True):
            if rows[first.setdefault(key, written)] != rows[written]:
                return first[key], written
    return None


class _Domains(Keys):
    """Keys that are domains."""

    def value(self, text: str) -> str | None:
        """Give the value for a domain, or for one above it if the table counts those."""
        return next((value for each in self._names(text) if (value := self._rows.get(each)) is not None), None)

    def _names(self, domain: str) -> Iterator[str]:
        yield domain
        while self._parents and "." in domain and len(domain) <= LONGEST_DOMAIN:
            domain = domain.partition(".")[2]
            yield domain


class _Addresses(_Domains):
    """Keys that are addresses, or ``@domain`` for all of a domain."""

    def _names(self, address: str) -> Iterator[str]:
        yield address
        _, at, domain = address.rpartition("@")
        if at:
            yield from (f"@{each}" for each in super()._names(domain))


_KINDS = {Spelling.TEXT: Keys, Spelling.DOMAIN: _Domains, Spelling.ADDRESS: _Addresses}
