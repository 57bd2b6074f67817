"""Runs one target under atheris, in a process that ends with it.

``python -m tests.fuzz.drive TARGET SELF [libFuzzer's arguments]``: SELF is a program that does the same again when it
is given libFuzzer's arguments alone, which is how libFuzzer starts itself anew.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["mailrules"]):
    from tests.fuzz.targets import BROKEN, TARGETS

if __name__ == "__main__":
    target = (TARGETS | BROKEN)[sys.argv.pop(1)]
    del sys.argv[0]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
