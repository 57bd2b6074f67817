"""What is fuzzed: the response parser with the protocol above it, the message readers, the rule loader.

A target gets any octets. It raises where something does not hold that must hold for all of them.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mailrules.config import ConfigError, load
from mailrules.imap import (
    UID,
    Answer,
    ClientProtocol,
    Command,
    Completed,
    Idle,
    Items,
    Kind,
    List,
    MailboxName,
    ProtocolError,
    Response,
    Select,
    StateError,
    Tagged,
    UidFetch,
    UidMove,
    UidSearch,
    UIDSet,
    parse_search,
)
from mailrules.imap.errors import FramingError
from mailrules.imap.framing import Limits
from mailrules.imap.parser import parse
from mailrules.rules import Facts, Message, MoveTo, Ruleset
from mailrules.rules.reader import local_answers
from mailrules.rules.settling import settle
from mailrules.rules.text import is_unprintable
from tests.imap.corpus import SESSION
from tests.imap.reading import cut
from tests.mime_corpus import messages as mails

ROOT = Path(__file__).parents[2]
LIMITS = Limits(line=2_000, literal=2_000, literals=8)
RULES = ROOT / "tests/fuzz/rules.toml"
NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)


def responses(data: bytes) -> None:
    """Cut and parse a server's octets, whole and in pieces; then be a client to whom they are said."""
    try:
        whole = cut(data + b"\r\n", LIMITS)
    except FramingError:
        whole = None
    try:
        pieces = cut(data + b"\r\n", LIMITS, step=3)
    except FramingError:
        pieces = None
    if whole != pieces:
        raise AssertionError("where the segments end changes what is read")
    for raw in whole or ():
        if not isinstance(parse(raw), Response):
            raise AssertionError("a response that is none")
    _converse(data)


def _converse(data: bytes) -> None:
    """Have commands of all kinds in flight, and let the octets answer them."""
    client = ClientProtocol()
    client.receive_data(b"* PREAUTH [CAPABILITY IMAP4rev1 UIDPLUS MOVE IDLE ESEARCH] ready\r\n")
    inbox, some = MailboxName(b"INBOX"), UIDSet([UID(5), UID(7)])
    commands: tuple[Command[object], ...] = (
        Select(inbox),
        List(inbox, (inbox,)),
        UidFetch(some, (Items.UID, Items.FLAGS)),
        UidSearch(parse_search("SEEN")),
        UidMove(some, MailboxName(b"Lists")),
        Idle(),
    )
    for number, command in enumerate(commands):
        try:
            tag = client.send(command)
            client.data_to_send()
            client.receive_data(data.replace(b"TAG", tag))
        except (ProtocolError, StateError):
            return
        for event in client.events():
            match event:
                case Completed(command=done, answer=Answer(tagged=Tagged(kind=Kind.OK)) as answer):
                    _read(done, answer)
        if number == 0 and client.selected is None:
            return


def _read(command: Command[object], answer: Answer) -> None:
    try:
        result = command.result(answer)
    except ProtocolError:
        return
    uids = [found.uid for found in result] if isinstance(command, UidFetch) and isinstance(result, tuple) else []
    if not set(uids) <= {5, 7}:
        raise AssertionError(f"messages that nobody asked for: {uids}")


def message(data: bytes) -> None:
    """Read a message and run rules of every kind over it: nothing raises, `explain` agrees, targets are clean."""
    ruleset = _ruleset()
    header, _, _ = data.partition(b"\r\n\r\n")
    facts = Facts(now=NOW, timezone=UTC, account="work", mailbox="INBOX", addresses=("ann@example.org",))
    seen = Message(header=header, size=len(data), received=NOW, flags=frozenset())
    answered, verdict = settle(ruleset, seen, facts, lambda asked: local_answers(data, asked))
    explained = ruleset.explain(answered, facts)
    if (explained.plan, explained.matched, explained.error) != (verdict.plan, verdict.matched, verdict.error):
        raise AssertionError("explain says otherwise")
    ending = verdict.plan.ending
    targets = [copy.target for copy in verdict.plan.copies] + ([ending.target] if isinstance(ending, MoveTo) else [])
    for target in targets:
        levels = (target.path or "").split("/")
        if any(map(is_unprintable, target.path or "")) or levels[0] not in _HOMES or {"", ".", ".."} & set(levels):
            raise AssertionError(f"a target of its own: {target.path!r}")


_HOMES = frozenset({"Lists", "People", "Files", "Archive", "Misc"})
"""Where all templates of the rules begin."""


def rules(data: bytes) -> None:
    """Load a rule file: it is taken, or all that is wrong is said, each thing in one printable line."""
    path = _folder() / "rules.toml"
    path.write_bytes(data)
    try:
        loaded = load(path)
    except ConfigError as error:
        lines = [str(problem) for problem in error.problems]
    else:
        lines = [str(problem) for problem in loaded.warnings]
        loaded.ruleset.explain(Message(header=b"", size=0, received=NOW, flags=frozenset()), Facts(NOW, UTC, "a", "b"))
    for line in lines:
        if not line or any(map(is_unprintable, line)):
            raise AssertionError(f"no line for people: {line!r}")


def nothing_holds(data: bytes) -> None:
    """Raise for what is easily found: whoever fuzzes this and finds nothing does not look."""
    if b"(" in data:
        raise AssertionError("found")


TARGETS: dict[str, Callable[[bytes], None]] = {"responses": responses, "message": message, "rules": rules}
BROKEN: dict[str, Callable[[bytes], None]] = {"broken": nothing_holds}


def seeds(name: str) -> Iterator[bytes]:
    """Yield octets that make sense to a target: what other tests read."""
    match name:
        case "responses":
            yield from (line + b"\r\n" for line in SESSION)
        case "message":
            yield from mails().values()
        case "rules":
            yield from (path.read_bytes() for path in sorted(ROOT.glob("tests/configs/*/*.toml")))
            yield (ROOT / "rules.example.toml").read_bytes()


@cache
def _ruleset() -> Ruleset:
    return load(RULES).ruleset


@cache
def _folder() -> Path:
    folder = TemporaryDirectory(prefix="mailrules-fuzz-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
