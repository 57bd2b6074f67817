"""``python -m tests.fuzz [TARGET…] --seconds 60``: fuzz for so long, and show the octets that did harm."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.fuzzing import fuzz
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Fuzz one target after the other; the exit status is 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--keep", action="store_true", help="keep in tests/fuzz/corpus what reaches something new")
    chosen = parser.parse_args()
    found = 0
    for name in chosen.targets or TARGETS:
        done = fuzz(name, f"-max_total_time={chosen.seconds}", keep=chosen.keep)
        print(f"{name}: {done.runs:,} tried, {len(done.harm)} did harm", *map(repr, done.harm), sep="\n  ", flush=True)
        found += len(done.harm)
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
