"""A change of a table's file is a change of the rules: the next message obeys it, a broken one changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailrules.demo import MemoryServer
from tests.builders import message
from tests.daemon.house import account

if TYPE_CHECKING:
    from pathlib import Path

    from tests.daemon.house import House

RULES = """
[tables.customers]
file = "lists/customers.csv"

[[rules]]
name = "customers"
match.from.domain.in = "customers"
then.move = "Customers/{customers[from.domain]}"
"""


@pytest.fixture
def customers(house: House) -> Path:
    folder = house.path.parent / "lists"
    folder.mkdir()
    return folder / "customers.csv"


def replace(file: Path, text: str) -> None:
    """Write a file as programmes do that export it: a new one, renamed into place."""
    new = file.with_name("new")
    new.write_text(text)
    new.rename(file)


async def test_a_changed_table_is_in_force_for_the_next_message(house: House, customers: Path) -> None:
    async with MemoryServer() as server:
        customers.write_text("acme.example,Acme\n")
        house.write(account("work", server.port, server.options.user, password=server.options.password), rules=RULES)
        async with house.running():
            await house.heard("watching")
            server.deliver("INBOX", message("one", sender="bob@acme.example"))
            await house.filed(1)

            replace(customers, "acme.example,Acme Ltd\nother.example,Other\n")
            await house.heard("rules taken over")
            server.deliver("INBOX", message("two", sender="bob@acme.example"))
            server.deliver("INBOX", message("three", sender="eve@other.example"))
            await house.filed(3)

            replace(customers, "acme.example,Acme,Ltd\n")
            await house.heard("rule file not taken over", level="error")
            (line,) = [line for line in house.lines if line["event"] == "rule file not taken over"]
            assert str(line["problem"]).startswith(f"{customers}:1: table 'customers': expected a key and a value")
            server.deliver("INBOX", message("four", sender="bob@acme.example"))
            await house.filed(4)

            replace(customers, "acme.example,Mended\n")
            await house.heard("rules taken over", times=2)
            server.deliver("INBOX", message("five", sender="bob@acme.example"))
            await house.filed(5)
        filed = {path: len(mails) for path, mails in server.snapshot().items() if path.startswith("Customers/")}
    assert filed == {"Customers/Acme": 1, "Customers/Acme Ltd": 2, "Customers/Other": 1, "Customers/Mended": 1}
