"""Shows a verdict to a person: the rules that matched, what each condition saw, and the steps that follow."""

import json
from collections.abc import Iterable, Iterator

from rich.text import Text

from mailrules.cli.output import console
from mailrules.rules import ConditionTrace, RuleTrace, Truth, Verdict
from mailrules.rules.text import printable

_WORDS = {Truth.TRUE: ("yes", "green"), Truth.FALSE: ("no", "red"), Truth.UNKNOWN: ("unknown", "yellow")}


def print_reasons(title: str, verdict: Verdict, traces: Iterable[RuleTrace]) -> None:
    """Print one message's verdict with these rules' reasons."""
    out = console()
    out.print(Text(printable(title), style="bold"))
    for line in _lines(verdict, traces):
        out.print(line)


def _lines(verdict: Verdict, traces: Iterable[RuleTrace]) -> Iterator[Text]:
    for trace in traces:
        yield from _rule(trace, verdict)
    if verdict.error:
        yield Text.assemble("  ", ("error", "red"), f": {printable(verdict.error)}: the message stays")
    steps = verdict.plan.to_json()
    if not steps and not verdict.error:
        yield Text("  nothing to do: the message stays as it is")
    for step in steps:
        for action, value in step.items():
            yield Text.assemble("  ", ("→ ", "cyan"), (action, "bold"), _value(value))


def _value(value: list[str] | str | bool) -> str:
    match value:
        case True:
            return ""
        case list():
            return " " + " ".join(map(printable, value))
    return f" {printable(str(value))}"


def _rule(trace: RuleTrace, verdict: Verdict) -> Iterator[Text]:
    if not trace.reached:
        word, style = "not reached", "dim"
    elif trace.rule in verdict.observed:
        word, style = "would match (observed only)", "cyan"
    else:
        word, style = {
            Truth.TRUE: ("matches", "green"),
            Truth.FALSE: ("does not match", "dim"),
            Truth.UNKNOWN: ("unknown without a server", "yellow"),
        }[trace.result]
    yield Text.assemble("  rule ", (json.dumps(printable(trace.rule), ensure_ascii=False), "bold"), " ", (word, style))
    for condition in trace.conditions:
        yield from condition_lines(condition, "    ")


def condition_lines(condition: ConditionTrace, indent: str) -> Iterator[Text]:
    """Give a condition and those below it: whether it held, what it wanted, what it saw."""
    word, style = _WORDS[condition.result]
    line = Text.assemble(indent, (f"{word:<8}", style), printable(condition.key))
    if condition.wanted:
        line.append(f" {printable(condition.wanted)}")
    if condition.seen:
        line.append(" – saw ", style="dim").append(printable(condition.seen))
    yield line
    for child in condition.children:
        yield from condition_lines(child, indent + "  ")
