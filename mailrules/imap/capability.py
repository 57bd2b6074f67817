"""What a server says it can do, and what that implies.

The question `"MOVE" in capabilities` takes into account that one capability may promise others, so that nobody else has
to know. RFC 9051 §6.1.1, §7.2.2 and Appendix E.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_REV2_INCLUDES = frozenset(
    {
        "BINARY",
        "ENABLE",
        "ESEARCH",
        "IDLE",
        "LIST-EXTENDED",
        "LIST-STATUS",
        "LITERAL-",
        "MOVE",
        "NAMESPACE",
        "SASL-IR",
        "SEARCHRES",
        "SPECIAL-USE",
        "STATUS=SIZE",
        "UIDPLUS",
        "UNSELECT",
    }
)
"""The extensions that became part of the base protocol. RFC 9051 Appendix E."""

_IMPLIES = {
    "IMAP4REV2": _REV2_INCLUDES,
    "LITERAL+": frozenset({"LITERAL-"}),  # RFC 7888 §5: LITERAL- is the same with a limit
    "QRESYNC": frozenset({"CONDSTORE"}),  # RFC 7162 §3.2.3
    "UTF8=ONLY": frozenset({"UTF8=ACCEPT"}),  # RFC 6855 §6
}


class Capabilities:
    """The capability names of one server at one time; immutable, compared without case."""

    __slots__ = ("__weakref__", "_implied", "_names")

    def __init__(self, names: Iterable[bytes | str] = ()) -> None:
        self._names = tuple(dict.fromkeys(_joined(_upper(name) for name in names)))
        implied = set(self._names)
        for name in self._names:
            implied |= _IMPLIES.get(name, frozenset())
        self._implied = frozenset(implied)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, (str, bytes)) and _upper(name) in self._implied

    def __iter__(self) -> Iterator[str]:
        """Go over what the server itself listed, in upper case and its order."""
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Capabilities) and frozenset(self._names) == frozenset(other._names)

    def __hash__(self) -> int:
        return hash(frozenset(self._names))

    def __repr__(self) -> str:
        return f"Capabilities({' '.join(self._names)!r})"

    def values(self, name: str) -> tuple[str, ...]:
        """Return what follows the equals sign, `values("AUTH")` being ("PLAIN", "XOAUTH2"), in the server's order."""
        prefix = f"{name.upper()}="
        return tuple(known.removeprefix(prefix) for known in self._names if known.startswith(prefix))

    def shared(self) -> Capabilities:
        """Return one value for all that list the same: thousands of connections lead to a few servers."""
        return _SHARED.setdefault(self._names, self)

    @property
    def auth_mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that are on offer, in upper case and the server's order."""
        return self.values("AUTH")


_SHARED: WeakValueDictionary[tuple[str, ...], Capabilities] = WeakValueDictionary()


def _upper(name: bytes | str) -> str:
    # Capabilities are atoms; an octet that is not ASCII belongs to no name that anybody asks for.
    return (name.decode("ascii", "replace") if isinstance(name, bytes) else name).upper()


def _joined(names: Iterable[str]) -> Iterator[str]:
    # jstedfast/MailKit#1654: a server wrote "LITERAL +".
    before = ""
    for name in names:
        if before and name != "+":
            yield before
        before = before + name if name == "+" else name
    if before:
        yield before
