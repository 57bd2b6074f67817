"""Dataclasses that take little to make: the class itself, as a command starts, and each object while it runs.

`dataclass` writes and compiles up to eight methods for every class, which takes half a millisecond, and there are
hundreds of classes, of which a command needs some; `value` has each method written when it is first called. And a
frozen dataclass asks at run time whether it may set each of its own attributes, which takes four fifths of making an
object: `value` stands for `dataclass` when mypy looks, who lets nobody change what is frozen, so that nothing has to
be asked when it runs.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from reprlib import recursive_repr
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from dataclasses import dataclass as value

T = TypeVar("T")

if not TYPE_CHECKING:

    def value(
        *,
        frozen: bool = False,
        slots: bool = False,
        repr: bool = True,  # noqa: A002 - the name that dataclass has for it
        kw_only: bool = False,
    ) -> Callable[[type[T]], type[T]]:
        """Make a dataclass that is frozen for mypy only, with the equality and the hash of one that is frozen."""

        def make(cls: type[T]) -> type[T]:
            made = dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            own = vars(made)
            if repr and "__repr__" not in own:
                _defer(made, "__repr__", _repr)
            for name, write in (("__init__", _init), ("__eq__", _eq)):
                if name not in own:
                    _defer(made, name, write)
            if own.get("__hash__") is None:  # as it is, too, where a class has an __eq__ of its own
                if frozen:
                    _defer(made, "__hash__", _hash)
                else:
                    made.__hash__ = None
            return made

        return make


def copier(of: type[T], *changed: str) -> Callable[..., T]:
    """Make a function of a `value` and of what these attributes become: a twelfth of what `dataclasses.replace` takes.

    What `__post_init__` sees to is not looked at again.
    """
    names = [field.name for field in fields(of)]  # type: ignore[arg-type] # mypy cannot say "a dataclass"
    if unknown := set(changed).difference(names):
        raise TypeError(f"{of.__name__} has no {', '.join(sorted(unknown))}")
    lines = [f"copy.{name} = {name if name in changed else f'original.{name}'}" for name in names]
    known = {"new": object.__new__, "of": of}
    return _written("copy", ["original", *changed], ["copy = new(of)", *lines, "return copy"], known)


def _defer(of: type, name: str, write: Callable[[type], Callable[..., object]]) -> None:
    """Give a class a method that is written when it is first called."""

    def first(*arguments: object, **named: object) -> object:
        method = write(of)
        method.__qualname__ = f"{of.__qualname__}.{name}"
        setattr(of, name, method)
        return method(*arguments, **named)

    setattr(of, name, first)


def _init(of: type) -> Callable[..., object]:
    known: dict[str, object] = {"MISSING": MISSING}
    places: list[str] = []
    named: list[str] = []
    lines: list[str] = []
    for field in fields(of):
        name = field.name
        given, default = name, f"default_{name}"
        if field.default_factory is not MISSING:
            known[default] = field.default_factory
            given = f"{default}() if {name} is MISSING else {name}" if field.init else f"{default}()"
        elif field.default is not MISSING:
            known[default] = field.default
            given = name if field.init else default
        elif not field.init:
            continue
        lines.append(f"self.{name} = {given}")
        if field.init:
            absent = "MISSING" if field.default_factory is not MISSING else default
            (named if field.kw_only else places).append(f"{name}={absent}" if default in known else name)
    if hasattr(of, "__post_init__"):
        lines.append("self.__post_init__()")
    return _written("__init__", ["self", *places, *(["*", *named] if named else [])], lines or ["pass"], known)


def _eq(of: type) -> Callable[..., object]:
    mine, others = (_together(each, of) for each in ("self", "other"))
    lines = [f"return {mine} == {others} if other.__class__ is self.__class__ else NotImplemented"]
    return _written("__eq__", ["self", "other"], lines, {})


def _hash(of: type) -> Callable[..., object]:
    return _written("__hash__", ["self"], [f"return hash({_together('self', of)})"], {})


def _repr(of: type) -> Callable[..., object]:
    names = [field.name for field in fields(of) if field.repr]  # and none of a child's, which may have secrets

    @recursive_repr("...")
    def show(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join([f'{name}={getattr(self, name)!r}' for name in names])})"

    return show


def _together(whose: str, of: type) -> str:
    """Write the attributes by which objects are told apart as one tuple."""
    return f"({''.join(f'{whose}.{field.name}, ' for field in fields(of) if field.compare)})"


def _written(name: str, parameters: Sequence[str], lines: Sequence[str], known: dict[str, object]) -> Callable[..., T]:
    source = "\n    ".join([f"def {name}({', '.join(parameters)}):", *lines])
    exec(source, known)  # noqa: S102 - of the names of attributes, as `dataclass` itself does it
    return cast("Callable[..., T]", known[name])


__all__ = ["copier", "value"]
