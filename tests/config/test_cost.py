"""What it costs to load a rule file, counted: steps for each rule and account, models that are built, what is left."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mailrules.config import load
from tests.bench.mixed import mixed_rules

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = """
[accounts.a{n}]
host = "imap.example.org"
username = "a{n}@example.org"
password.env = "SECRET"
"""
SCOPED = """
[[rules]]
name = "rule {n}"
accounts = ["a{n}"]
mailboxes = ["INBOX"]
match.to_me = "only"
match.subject = "word {n}"
then.move = "Box/{n}"
"""


def calls(work: Callable[[], object]) -> int:
    """Count the calls of functions that are made, Python's and C's."""
    number = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal number
        number += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


def loading(folder: Path, text: str) -> int:
    file = folder / "rules.toml"
    file.write_text(text)
    load(file)  # what is made once, such as the models of the conditions, is there
    return calls(lambda: load(file))


def mixed(number: int) -> str:
    return ACCOUNT.format(n=0) + mixed_rules(number)


def accounts(number: int) -> str:
    return "".join(ACCOUNT.format(n=n) for n in range(number)) + SCOPED.format(n=0)


def rules_of_accounts(number: int) -> str:
    every = range(number)
    return "".join(ACCOUNT.format(n=n) for n in every) + "".join(SCOPED.format(n=n) for n in every)


@pytest.mark.parametrize(("make", "most"), [(mixed, 1_500), (accounts, 300), (rules_of_accounts, 1_700)])
def test_twice_as_much_takes_twice_as_many_steps(tmp_path: Path, make: Callable[[int], str], most: int) -> None:
    one, two, four = (loading(tmp_path, make(number)) for number in (100, 200, 400))
    assert four - two < 2.2 * (two - one)
    assert (four - two) / 200 < most


def test_rules_that_nobody_refers_to_are_gone_without_the_collector(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(mixed(200))
    load(file)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        load(file)
        left = len(gc.get_objects()) - before
    finally:
        gc.enable()
    assert left < 200


def test_only_the_models_are_built_that_the_file_needs(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[rules]]\nname = "r"\nmatch.subject = "invoice"\nthen.move = "Invoices"\n')
    script = f"""
from pathlib import Path
from mailrules.config import load
from mailrules.rules.conditions import CONDITIONS
load(Path({str(file)!r}))
print(*(key for key, condition in CONDITIONS.items() if condition.__pydantic_complete__))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["subject"]
