"""Values of which there is one for every message, made as quickly as any object.

A frozen dataclass asks at run time whether it may set each of its own attributes, and that takes four fifths of making
it. `value` stands for `dataclass` where that counts: mypy sees a frozen dataclass and lets nobody change it, so that
nothing has to be asked when it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from collections.abc import Callable
    from dataclasses import dataclass
    from typing import TypeVar

    T = TypeVar("T")

    def value(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
        """Make a dataclass that is frozen for mypy only, with the equality and the hash of one that is frozen."""
        return dataclass(slots=slots, kw_only=kw_only, unsafe_hash=frozen)


__all__ = ["value"]
