"""The plan: what all matching rules together want done with one message, before it is fitted to a server.

Carried out in this order: flags, copies, ending; so copies carry the flags.
"""

from __future__ import annotations

from dataclasses import field

from mailrules.rules.paths import path_key
from mailrules.values import value

SPECIAL_USES = (r"\Junk", r"\Archive", r"\Trash", r"\Sent", r"\Drafts", r"\Flagged", r"\All", r"\Important")
"""What mailboxes can be for: RFC 6154 §2 and RFC 8457 §3."""


@value(frozen=True, slots=True)
class Target:
    """A mailbox to copy or move to: by its path or by its special use, never both."""

    path: str = ""
    """``/`` between the levels, whatever the server's delimiter is."""
    special_use: str | None = None
    """As RFC 6154 spells it: ``\\Junk``."""
    create: bool = True
    """Whether it may be created when it is missing."""

    def __str__(self) -> str:
        return self.special_use or self.path

    @property
    def key(self) -> str:
        """What two targets have in common that are the same mailbox."""
        return self.special_use or path_key(self.path)


@value(frozen=True, slots=True)
class FlagChange:
    """The flags to set at the end of all rules: `replace` all of them, or `add` some and `remove` others."""

    replace: frozenset[str] | None
    """When not None, `add` and `remove` are empty."""
    add: frozenset[str]
    remove: frozenset[str]
    rule: str
    """The rules that had a part in it, comma-separated; without those whose every word a later one took back."""


@value(frozen=True, slots=True)
class CopyTo:
    """Copy the message."""

    target: Target
    rule: str


@value(frozen=True, slots=True)
class MoveTo:
    """Move the message; with `chain` the rules of the target mailbox may handle it again."""

    target: Target
    rule: str
    chain: bool = False


@value(frozen=True, slots=True)
class Trash:
    """Move the message to the account's trash."""

    rule: str


@value(frozen=True, slots=True)
class Expunge:
    """Remove the message for good."""

    rule: str


Ending = MoveTo | Trash | Expunge


@value(frozen=True, slots=True)
class Plan:
    """Everything to be done with one message; false when that is nothing."""

    flags: FlagChange | None = None
    copies: tuple[CopyTo, ...] = ()
    ending: Ending | None = None

    def __bool__(self) -> bool:
        return self.flags is not None or bool(self.copies) or self.ending is not None

    def to_json(self) -> list[dict[str, list[str] | str | bool]]:
        """List the steps in order, each an object of one key; special uses as written."""
        steps: list[dict[str, list[str] | str | bool]] = []
        match self.flags:
            case FlagChange(replace=None, add=add, remove=remove):
                steps += [
                    {key: sorted(flags)} for key, flags in (("add_flags", add), ("remove_flags", remove)) if flags
                ]
            case FlagChange(replace=replace) if replace is not None:
                steps.append({"set_flags": sorted(replace)})
        steps += [{"copy": str(copy.target)} for copy in self.copies]
        match self.ending:
            case MoveTo(target=target):
                steps.append({"move": str(target)})
            case Trash():
                steps.append({"trash": True})
            case Expunge():
                steps.append({"expunge": True})
        return steps


def flag_key(flag: str) -> str:
    """Give the spelling under which flags are compared: servers change their case."""
    return flag.lower()


@value(frozen=True, slots=True)
class _Wish:
    """The last word on one flag, and whose it was."""

    flag: str
    is_set: bool
    rule: str


@value(slots=True)
class Draft:
    """A plan in the making: takes what each matching rule wants, in the order of the rules."""

    _replaced_by: str | None = None
    """The rule that said which flags there shall be at all; `_wishes` started afresh with it."""
    _wishes: dict[str, _Wish] = field(default_factory=dict)
    _copies: dict[str, CopyTo] = field(default_factory=dict)
    _ending: Ending | None = None

    def add_flags(self, flags: tuple[str, ...], rule: str) -> None:
        """Want these flags set, whatever earlier rules said of them."""
        for flag in flags:
            self._wish(_Wish(flag, is_set=True, rule=rule))

    def remove_flags(self, flags: tuple[str, ...], rule: str) -> None:
        """Want these flags taken away, whatever earlier rules said of them."""
        for flag in flags:
            self._wish(_Wish(flag, is_set=False, rule=rule))

    def set_flags(self, flags: tuple[str, ...], rule: str) -> None:
        """Want exactly these flags: what earlier rules said of flags is forgotten."""
        self._replaced_by = rule
        self._wishes = {flag_key(flag): _Wish(flag, is_set=True, rule=rule) for flag in flags}

    def _wish(self, wish: _Wish) -> None:
        key = flag_key(wish.flag)
        earlier = self._wishes.get(key)
        unsaid = None if self._replaced_by is None else False
        so_far = earlier.is_set if earlier else unsaid
        if wish.is_set is not so_far:  # else it is what an earlier rule has seen to
            self._wishes.pop(key, None)
            self._wishes[key] = wish

    def copy(self, target: Target, rule: str) -> None:
        """Want a copy; two rules that want the same one get one."""
        self._copies.setdefault(target.key, CopyTo(target, rule))

    def end(self, ending: Ending) -> None:
        """Want the message to go this way. The pipeline ends with it, so there is one at most."""
        if self._ending is not None:
            raise AssertionError("an ending ends the pipeline, so no rule can bring a second one")
        self._ending = ending

    def plan(self) -> Plan:
        """Settle it. A move absorbs a copy to the same mailbox."""
        moved = self._ending.target.key if isinstance(self._ending, MoveTo) else None
        return Plan(
            flags=self._flag_change(),
            copies=tuple(copy for key, copy in self._copies.items() if key != moved),
            ending=self._ending,
        )

    def _flag_change(self) -> FlagChange | None:
        if self._replaced_by is None and not self._wishes:
            return None
        wanted = frozenset(wish.flag for wish in self._wishes.values() if wish.is_set)
        rules = dict.fromkeys(wish.rule for wish in self._wishes.values())
        if self._replaced_by is not None:
            names = ", ".join({self._replaced_by: None} | rules)
            return FlagChange(replace=wanted, add=frozenset(), remove=frozenset(), rule=names)
        unwanted = frozenset(wish.flag for wish in self._wishes.values() if not wish.is_set)
        return FlagChange(replace=None, add=wanted, remove=unwanted, rule=", ".join(rules))
