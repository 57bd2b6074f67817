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
    harm = 0
    for name in chosen.targets or TARGETS:
        for octets in fuzz(name, f"-max_total_time={chosen.seconds}", keep=chosen.keep):
            print(f"{name}: {octets!r}")
            harm += 1
    print(f"{harm} found")
    return min(harm, 1)


if __name__ == "__main__":
    sys.exit(main())
