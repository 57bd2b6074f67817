"""``mailrules import``: writes rules that came from elsewhere as a rule file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mailrules.cli.failures import Status, complain
from mailrules.cli.output import count
from mailrules.sieve import CarriedOver, SieveError, carry_over


def command(
    language: Annotated[str, typer.Argument(metavar="sieve", hidden=True)],
    file: Annotated[Path, typer.Argument(metavar="FILE", hidden=True)],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="Write to this file instead of standard output."),
    ] = None,
) -> None:
    """Write a Sieve script as rules, in TOML.

    FILE is the script, - for standard input; scripts that it includes lie beside it. What rules can't do is a comment
    where it would stand, and is said on standard error. Exit status 2 if FILE is no Sieve script, or OUT is there.
    """
    if language != "sieve":
        raise _wrong(f"what can be imported is sieve, not {language}: mailrules import sieve FILE")
    carried = _from_sieve(file)
    if output is None:
        sys.stdout.buffer.write(carried.text.encode())  # a rule file is UTF-8, whatever the terminal is
        sys.stdout.buffer.flush()
    else:
        _write(output, carried.text)
    for note in (*carried.hints, *carried.notes):
        complain(note)
    if carried.notes:
        complain(f"{count(carried.rules, 'rule')}; {count(len(carried.notes), 'thing')} could not be carried over")


def _from_sieve(file: Path) -> CarriedOver:
    def look_up(name: str) -> str | None:
        beside = file.parent / f"{name}.sieve"
        return _read(beside) if Path(name).name == name and beside.is_file() else None

    try:
        return carry_over(_read(file), file.name, look_up)
    except SieveError as error:
        raise _wrong(str(error)) from None
    except UnicodeDecodeError:
        raise _wrong(f"{file.name}: this is not UTF-8 text, as Sieve is") from None
    except FileNotFoundError:
        raise _wrong(f"there is no file {file}") from None


def _read(file: Path) -> str:
    octets = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    return octets.decode("utf-8-sig")


def _write(output: Path, text: str) -> None:
    """Write a new file; rules that are there may have been worked on."""
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _wrong(f"{output} is there already: remove it first, or write to another file") from None


def _wrong(text: str) -> typer.Exit:
    """Say what is wrong with the command line or the script."""
    complain(text)
    return typer.Exit(Status.USAGE)
