"""A random day of filing, and what must be there when all of it has been taken back.

Each message has words for its subject, and each rule goes by one of them. What is expected is where the messages were
put in the first place, with the flags that they came with.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from uuid import UUID

from mailrules.engine.apply import ApplyMode, apply
from mailrules.engine.undoing import undo
from mailrules.engine.undone import TakenBack
from mailrules.imap import MailboxName
from mailrules.store import HistoryQuery
from tests.builders import message
from tests.engine.scene import Scene, rule
from tests.servers.dovecot import Dovecot
from tests.servers.names import to_wire

WATCHED = ("INBOX", "Team")
OTHERS = ("Old mail", "Archive/Größe")
FLAGS = (r"\Seen", r"\Flagged", r"\Answered", "$Label", "$Own")
ENDINGS = ("move", "trash", "expunge", "both", "chain")
WORDS = ("seen", "label", "set", "copy", "two", *ENDINGS)
RULES = "\n".join(
    [
        rule("seen", 'subject.contains = "seen"', r"add_flags = ['\Seen']"),
        rule("label", 'subject.contains = "label"', "add_flags = '$Label'", r"remove_flags = '\Flagged'"),
        rule("set", 'subject.contains = "set"', r"set_flags = ['\Answered', '$Set']"),
        rule("copy", 'subject.contains = "copy"', 'copy = "Copies/A"'),
        rule("two", 'subject.contains = "two"', 'copy = ["Copies/B", "Team/Copies"]'),
        rule("second", 'subject.contains = "chain"', 'move = "Lists/Second"', "add_flags = '$Second'")
        + 'mailboxes = ["Team"]\n',
        rule("chain", 'subject.contains = "chain"', 'move = "Team"') + "chain = true\n",
        rule("move", 'subject.contains = "move"', 'move = "Lists"'),
        rule("trash", 'subject.contains = "trash"', "trash = true"),
        rule("both", 'subject.contains = "both"', 'copy = "Copies/C"', "expunge = true"),
        rule("expunge", 'subject.contains = "expunge"', "expunge = true"),
    ]
)

Mail = tuple[str, str, str, frozenset[str]]
"""Mailbox, Message-ID, INTERNALDATE, flags."""


@dataclass
class Interference:
    """Which messages somebody else has marked, and which they have moved or expunged."""

    flagged: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def marked(self, expected: Counter[Mail]) -> Counter[Mail]:
        """Put their mark on what is expected."""
        return Counter(
            (mailbox, message_id, date, flags | {"$Theirs"} if message_id in self.flagged else flags)
            for mailbox, message_id, date, flags in expected
        )


@dataclass
class Day:
    """What was put where on one account, and how it goes on."""

    it: Scene
    choose: random.Random
    twice: bool = True
    """Whether some mail comes twice."""
    alike: bool = False
    """Whether it has the same flags then: those that don't can be told apart only where the server tells UIDs."""
    put: list[Mail] = field(default_factory=list)
    words: dict[str, frozenset[str]] = field(default_factory=dict)

    def arrive(self, number: int) -> None:
        """Let mail come: into watched mailboxes and others, with flags of all sorts, some of it twice."""
        for _ in range(number):
            words = self.choose.sample(WORDS, self.choose.choice((0, 1, 1, 2, 3)))
            message_id = f"<{UUID(int=self.choose.getrandbits(128))}@example.com>"
            date = f"{self.choose.randrange(10, 28)}-Feb-2025 10:{self.choose.randrange(10, 60)}:00 +0000"
            mailbox = self.choose.choice((*WATCHED, *WATCHED, *OTHERS))
            self.words[message_id] = frozenset(words)
            for time in range(self.choose.choice((1, 1, 1, 2)) if self.twice else 1):
                if time == 0 or not self.alike:
                    flags = self.choose.sample(FLAGS, self.choose.randrange(3))
                raw = message(" ".join(words) or "nothing", message_id=message_id)
                self.it.server.append(self.it.user, mailbox, raw, flags, date)
                self.put.append((mailbox, message_id, date, frozenset(flags)))

    def interfere(self, number: int) -> Interference:
        """Let somebody else mark, move and expunge messages that rules have moved or flagged: no copies."""
        done = Interference()
        places = [
            (mailbox, message_id)
            for mailbox, message_id, _, _ in alive(mail(self.it.server, self.it.user))
            if not mailbox.startswith(("Copies", "Team/Copies")) and self.words[message_id]
        ]
        with self.it.server.session(self.it.user) as other:
            for mailbox, message_id in self.choose.sample(places, number):
                other.select(to_wire(mailbox))
                uid = other.uid("SEARCH", f'HEADER Message-ID "{message_id}" UNDELETED')[1][0].decode()
                match self.choose.choice(("mark", "move", "expunge")):
                    case "mark":
                        other.uid("STORE", uid, "+FLAGS", "($Theirs)")
                        done.flagged.add(message_id)
                    case "move":
                        other.uid("MOVE", uid, "Drafts")
                        done.taken.add(message_id)
                    case _:
                        other.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
                        other.uid("EXPUNGE", uid)
                        done.taken.add(message_id)
        return done

    async def watch(self) -> None:
        """What the daemon does."""
        for path in WATCHED:
            await self.it.file(MailboxName.from_text(path))

    async def file(self) -> None:
        """What the daemon does, and a person who applies the rules to other mailboxes."""
        await self.watch()
        async with self.it.session() as session:
            for path in OTHERS:
                name = MailboxName.from_text(path)
                await apply(self.it.context, session, name, mode=ApplyMode.DO, progress=lambda _done, _all: None)
            await self.it.settled()

    async def take_back(self, mode: ApplyMode = ApplyMode.DO) -> list[TakenBack]:
        """Undo the day."""
        return await take_back(self.it, mode)

    def expected(self, *, gone: bool) -> Counter[Mail]:
        """Where everything is to be in the end; ``gone``: what was expunged without a copy is."""
        return Counter(one for one in self.put if not (gone and self.is_expunged(one[1])))

    def is_expunged(self, message_id: str) -> bool:
        """Whether nothing is left of a message: the first ending decides, and a copy is enough to bring it back."""
        words = self.words[message_id]
        ending = next((word for word in ("chain", "move", "trash", "both", "expunge") if word in words), None)
        return ending == "expunge" and not words & {"copy", "two"}


async def take_back(it: Scene, mode: ApplyMode = ApplyMode.DO) -> list[TakenBack]:
    """Undo everything that rules did."""
    entries = [one for one in await it.store.history(HistoryQuery()) if one.undoes is None and one.steps]
    async with it.session() as session:
        await it.directory.refresh(session)
        return [one async for one in undo(it.context, session, entries, mode=mode)]


def mail(server: Dovecot, user: str) -> Counter[Mail]:
    r"""What is in all mailboxes, \Recent left out."""
    found: Counter[Mail] = Counter()
    with server.session(user) as imap:
        for mailbox in server.look(user):
            imap.select(to_wire(mailbox), readonly=True)
            items = "(FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
            for item in imap.uid("FETCH", "1:*", items)[1]:
                if isinstance(item, tuple):
                    found[_mail(mailbox, item)] += 1
    return found


def _mail(mailbox: str, item: tuple[bytes, bytes]) -> Mail:
    told = item[0].decode()
    flags = frozenset(told.split("FLAGS (")[1].split(")")[0].split()) - {r"\Recent"}
    date = told.split('INTERNALDATE "')[1].split('"')[0].strip()
    return mailbox, str(BytesHeaderParser().parsebytes(item[1])["Message-ID"]), date, flags


def alive(found: Counter[Mail]) -> Counter[Mail]:
    r"""The same without what is marked \Deleted: where single messages can't be expunged, that is what is left."""
    return Counter({one: count for one, count in found.items() if r"\Deleted" not in one[3]})
