"""Values of which there is one for every message, made and copied as quickly as any object.

A frozen dataclass asks at run time whether it may set each of its own attributes, and that takes four fifths of making
it. `value` stands for `dataclass` where that counts: mypy sees a frozen dataclass and lets nobody change it, so that
nothing has to be asked when it runs.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
        """Make a dataclass that is frozen for mypy only, with the equality and the hash of one that is frozen."""
        return dataclass(slots=slots, kw_only=kw_only, unsafe_hash=frozen)


T = TypeVar("T")


def copier(of: type[T], *changed: str) -> Callable[..., T]:
    """Make a function of a `value` and of what these attributes become: a twelfth of what `dataclasses.replace` takes.

    What `__post_init__` sees to is not looked at again.
    """
    names = [field.name for field in fields(of)]  # type: ignore[arg-type] # mypy cannot say "a dataclass"
    if unknown := set(changed).difference(names):
        raise TypeError(f"{of.__name__} has no {', '.join(sorted(unknown))}")
    lines = [f"    copy.{name} = {name if name in changed else f'original.{name}'}" for name in names]
    source = "\n".join([f"def copy(original, {', '.join(changed)}):", "    copy = new(of)", *lines, "    return copy"])
    made: dict[str, object] = {"new": object.__new__, "of": of}
    exec(source, made)  # noqa: S102 - of the names of attributes, as `dataclass` itself does it
    return cast("Callable[..., T]", made["copy"])


__all__ = ["copier", "value"]
