"""Reads a script by Sieve's grammar (RFC 5228 §8.2), which is the same for all commands whatever they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.sieve.errors import SieveError
from mailrules.sieve.lexer import Kind, Token, tokens
from mailrules.sieve.syntax import Argument, Command, Number, Strings, Tag, Test

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 64
"""How deep blocks and tests may be nested; servers allow 15 (RFC 5228 §8.3) to 32."""


def parse(script: str, file: str) -> tuple[Command, ...]:
    """Read a script. Raises SieveError."""
    return _Parser(script, file).script()


class _Parser:
    def __init__(self, script: str, file: str) -> None:
        self._script = script
        self._tokens: Iterator[Token] = tokens(script, file)
        self._token = next(self._tokens)
        self._end = 0
        """Where the last token that was taken ends."""

    def script(self) -> tuple[Command, ...]:
        """Read everything."""
        commands = self._commands(depth=0)
        if self._token.kind is not Kind.END:
            raise SieveError(self._token.place, "there is a } too many: no block is open here")
        return commands

    def _commands(self, depth: int) -> tuple[Command, ...]:
        commands: list[Command] = []
        while self._token.kind is not Kind.END and not self._at("}"):
            commands.append(self._command(depth))
        return tuple(commands)

    def _command(self, depth: int) -> Command:
        first = self._take()
        if first.kind is not Kind.IDENTIFIER:
            raise SieveError(first.place, f"a command was expected here, not {_shown(first)}")
        arguments = self._arguments()
        has_list = self._at("(")
        tests = self._tests(depth)
        block: tuple[Command, ...] | None = None
        if self._at("{"):
            block = self._block(depth + 1)
        elif self._at(";"):
            self._take()
        else:
            raise SieveError(
                self._token.place, f"after '{first.text}' a ; or a block was expected, not {_shown(self._token)}"
            )
        source = self._script[first.start : self._end]
        return Command(first.text, arguments, tests, has_list, block, first.place, source, first.comments)

    def _block(self, depth: int) -> tuple[Command, ...]:
        opened = self._take()
        if depth > DEEPEST:
            raise SieveError(opened.place, f"blocks are nested too deeply here; {DEEPEST} levels are read")
        commands = self._commands(depth)
        if not self._at("}"):
            raise SieveError(opened.place, "this block is never closed: there is no } at its end")
        self._take()
        return commands

    def _arguments(self) -> tuple[Argument, ...]:
        arguments: list[Argument] = []
        while True:
            token = self._token
            match token.kind:
                case Kind.TAG:
                    arguments.append(Tag(self._take().text, token.place))
                case Kind.NUMBER:
                    arguments.append(Number(self._take().number, token.place))
                case Kind.STRING:
                    arguments.append(Strings((self._take().text,), is_list=False, place=token.place))
                case Kind.SPECIAL if token.text == "[":
                    arguments.append(self._string_list())
                case _:
                    return tuple(arguments)

    def _string_list(self) -> Strings:
        opened = self._take()
        strings: list[str] = []
        while not strings or self._at(","):
            if strings:
                self._take()
            string = self._take()
            if string.kind is not Kind.STRING:
                raise SieveError(string.place, f"in a list of texts a text was expected, not {_shown(string)}")
            strings.append(string.text)
        if not self._at("]"):
            raise SieveError(opened.place, f"in this list , or ] was expected, not {_shown(self._token)}")
        self._take()
        return Strings(tuple(strings), is_list=True, place=opened.place)

    def _tests(self, depth: int) -> tuple[Test, ...]:
        if self._token.kind is Kind.IDENTIFIER:
            return (self._test(depth + 1),)
        if not self._at("("):
            return ()
        opened = self._take()
        tests = [self._test(depth + 1)]
        while self._at(","):
            self._take()
            tests.append(self._test(depth + 1))
        if not self._at(")"):
            raise SieveError(opened.place, f"in this list of tests , or ) was expected, not {_shown(self._token)}")
        self._take()
        return tuple(tests)

    def _test(self, depth: int) -> Test:
        first = self._take()
        if first.kind is not Kind.IDENTIFIER:
            raise SieveError(first.place, f"a test was expected here, not {_shown(first)}")
        if depth > DEEPEST:
            raise SieveError(first.place, f"tests are nested too deeply here; {DEEPEST} levels are read")
        arguments, has_list = self._arguments(), self._at("(")
        return Test(first.text, arguments, self._tests(depth), has_list, first.place)

    def _at(self, special: str) -> bool:
        return self._token.kind is Kind.SPECIAL and self._token.text == special

    def _take(self) -> Token:
        taken = self._token
        if taken.kind is not Kind.END:
            self._token = next(self._tokens)
            self._end = taken.end
        return taken


def _shown(token: Token) -> str:
    match token.kind:
        case Kind.END:
            return "the end of the script"
        case Kind.STRING:
            return "a text"
        case Kind.NUMBER:
            return "a number"
        case Kind.TAG:
            return f":{token.text}"
        case _:
            return token.text
