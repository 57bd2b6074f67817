"""Shows a verdict to a person: the rules that matched, what each condition saw, and the steps that follow."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from mailrules.cli.output import console
from mailrules.rules import ConditionTrace, Plan, RuleTrace, Truth, Verdict
from mailrules.rules.text import printable
from mailrules.values import value

_WORDS = {Truth.TRUE: ("yes", "green"), Truth.FALSE: ("no", "red"), Truth.UNKNOWN: ("unknown", "yellow")}


@value(frozen=True, slots=True)
class Shown:
    """What is shown of a message."""

    title: str
    verdict: Verdict
    scheduled: Verdict | None
    """What the rules with `every` would do; None if there are none."""
    every: Mapping[str, str]
    """How often those rules run, by name."""
    all_rules: bool
    """Whether rules that do not match are shown as well."""
    unknown: str
    """What is said of a rule that could not be decided."""


@value(frozen=True, slots=True)
class _Node:
    """A line, and what belongs below it."""

    line: Text
    below: Sequence["_Node"] = ()


def print_reasons(shown: Shown) -> None:
    """Print one message's verdict: as a tree on a terminal, else as indented lines."""
    title = Text(printable(shown.title), style="bold")
    nodes = list(_nodes(shown))
    if sys.stdout.isatty():
        tree = Tree(title, guide_style="dim")
        _grow(tree, nodes)
        Console(highlight=False, markup=False, emoji=False).print(tree)
        return
    out = console()
    out.print(title)
    for line in _indented(nodes, "  "):
        out.print(line)


def _grow(tree: Tree, nodes: Iterable[_Node]) -> None:
    for node in nodes:
        _grow(tree.add(node.line), node.below)


def _indented(nodes: Iterable[_Node], indent: str) -> Iterator[Text]:
    for node in nodes:
        yield Text(indent) + node.line
        yield from _indented(node.below, indent + "  ")


def _nodes(shown: Shown) -> Iterator[_Node]:
    yield from _verdict(shown, shown.verdict)
    if shown.scheduled is not None:
        below = list(_verdict(shown, shown.scheduled))
        yield _Node(Text("on schedule, apart from new mail:", style="magenta"), below)


def _verdict(shown: Shown, verdict: Verdict) -> Iterator[_Node]:
    for trace in verdict.trace:
        if shown.all_rules or trace.result is not Truth.FALSE:
            yield _Node(_rule(trace, verdict, shown), [_condition(each) for each in trace.conditions])
    if verdict.error:
        yield _Node(Text.assemble(("error", "red"), f": {printable(verdict.error)}: the message stays"))
    elif not verdict.plan:
        yield _Node(Text("nothing to do: the message stays as it is"))
    yield from map(_Node, _steps(verdict.plan, ("→ ", "cyan")))
    yield from map(_Node, _steps(verdict.would, ("on trial: would ", "cyan")))


def _steps(plan: Plan, sign: tuple[str, str]) -> Iterator[Text]:
    for step in plan.to_json():
        for action, given in step.items():
            yield Text.assemble(sign, (action, "bold"), _value(given))


def _value(value: list[str] | str | bool) -> str:
    match value:
        case True:
            return ""
        case list():
            return " " + " ".join(map(printable, value))
    return f" {printable(str(value))}"


def _rule(trace: RuleTrace, verdict: Verdict, shown: Shown) -> Text:
    if not trace.reached:
        word, style = "not reached", "dim"
    elif trace.rule in verdict.observed:
        word, style = "would match (observed only)", "cyan"
    else:
        word, style = {
            Truth.TRUE: ("matches", "green"),
            Truth.FALSE: ("does not match", "dim"),
            Truth.UNKNOWN: (shown.unknown, "yellow"),
        }[trace.result]
    often = f" (every {shown.every[trace.rule]})" if trace.rule in shown.every else ""
    name = json.dumps(printable(trace.rule), ensure_ascii=False)
    return Text.assemble("rule ", (name, "bold"), often, " ", (word, style))


def _condition(condition: ConditionTrace) -> _Node:
    return _Node(_condition_line(condition), [_condition(child) for child in condition.children])


def _condition_line(condition: ConditionTrace) -> Text:
    """Say of a condition whether it held, what it wanted, what it saw."""
    word, style = _WORDS[condition.result]
    line = Text.assemble((f"{word:<8}", style), printable(condition.key))
    if condition.wanted:
        line.append(f" {printable(condition.wanted)}")
    if condition.seen:
        line.append(" – saw ", style="dim").append(printable(condition.seen))
    return line


def condition_lines(condition: ConditionTrace, indent: str) -> Iterator[Text]:
    """Give a condition and those below it, a line each."""
    yield from _indented([_condition(condition)], indent)
