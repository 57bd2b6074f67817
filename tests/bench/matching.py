"""What a message costs that no rule matches, by the number of rules: ``python -m tests.bench.matching [RULES ...]``.

From the octets of its header to the verdict, decoding counted; seconds are those of the processor.
"""

from __future__ import annotations

import resource
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle

from mailrules.rules import Facts, Message, Rule, Ruleset, Verdict
from tests.bench.mixed import headers, mixed_rules

MESSAGES = 20_000
RULES = (10, 100, 1_000, 5_000, 10_000)
_NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)
_FACTS = Facts(now=_NOW, timezone=UTC, account="work", mailbox="INBOX")
_SIZES = (2_600, 4_100, 7_300, 10_800, 15_900, 22_000, 54_000, 910_000)
_FLAGS = (frozenset[str](), frozenset({"\\Seen"}), frozenset({"\\Seen", "$Forwarded"}))


def compiled(text: str) -> Ruleset:
    """Make the rules of a TOML text ready to run."""
    return Ruleset(tuple(map(Rule.model_validate, tomllib.loads(text)["rules"])))


def messages(blocks: list[bytes]) -> Iterator[Message]:
    """Make a message of each header block, with one size after the other."""
    for block, size, flags in zip(blocks, cycle(_SIZES), cycle(_FLAGS)):
        yield Message(block, size, _NOW, flags)


def seconds(rules: Ruleset, blocks: list[bytes]) -> float:
    """Evaluate them all once; no rule may match any of them."""
    begin = time.process_time()
    for message in messages(blocks):
        verdict = rules.evaluate(message, _FACTS)
        if not isinstance(verdict, Verdict) or verdict.matched or verdict.unknown:
            raise AssertionError(f"a rule was to match nothing: {verdict}, {message.header!r}")
    return time.process_time() - begin


def main() -> None:
    """Measure, and print one line for each number of rules."""
    blocks = list(headers(MESSAGES))
    print(f"{'rules':>8}{'us a message':>14}{'compiled in s':>15}{'RSS MiB':>9}")
    for number in map(int, sys.argv[1:] or RULES):
        parsed = tuple(map(Rule.model_validate, tomllib.loads(mixed_rules(number))["rules"]))
        begin = time.process_time()
        rules = Ruleset(parsed)
        ready = time.process_time() - begin
        spent = seconds(rules, blocks)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{number:8,}{spent / MESSAGES * 1e6:14.1f}{ready:15.2f}{memory:9.0f}", flush=True)


if __name__ == "__main__":
    main()
