"""The table from Sieve to mailrules is whole, its forms can be used, and the script that is shown becomes its rules."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mailrules.config import load
from mailrules.sieve import carry_over
from mailrules.sieve.signatures import COMMANDS, TESTS
from tests.docs.pages import DOCS, Example, blocks, forms, rows, warnings_of

PAGE = DOCS / "sieve.md"
FORMS = list(forms())
CHECKLIST = """
require if elsif else stop include :personal :global :once :optional return global foreverypart break error set while
expressions true false not allof anyof header address envelope exists size :over :under body :raw :content :text date
currentdate :zone :originalzone year month day julian hour minute second time iso8601 std11 zone weekday hasflag
string environment duplicate :header :uniqueid :handle :seconds :last ihave mailboxexists metadata metadataexists
servermetadata servermetadataexists specialuse_exists mailboxidexists spamtest spamtestplus :percent virustest
valid_notify_method notify_method_capability valid_ext_list :mime :anychild :type :subtype :contenttype :param convert
jmapquery execute vnd.cyrus.jmapquery vnd.dovecot.execute vnd.proton.expire vnd.proton.eval vnd.stalwart keep discard
redirect fileinto :copy :create :specialuse :mailboxid :flags setflag addflag removeflag reject ereject vacation :days
:subject :from :addresses :fcc notify :importance :options :message addheader deleteheader :index extracttext replace
enclose :dsn :deliverby envelope-dsn envelope-deliverby snooze processcalendar vnd.cyrus.imip vnd.cyrus.log debug_log
pipe filter report :is :contains :matches :regex :count :value gt ge lt le eq ne :list i;ascii-casemap i;octet
i;ascii-numeric i;unicode-casemap :all :localpart :domain :user :detail :lower :upper :lowerfirst :upperfirst
:quotewildcard :length :encodeurl encoded-character ${1} imap.user imap.email imap.cause imap.mailbox
imap.changedflags FILTER=SIEVE APPEND COPY FLAG
"""
OBSOLETE = {"denotify", "import", "export", "mark", "unmark"}
"""What drafts had that became other words."""


def in_first_column() -> set[str]:
    found = " ".join(first for first, _, _ in rows(PAGE))
    return set(found.replace("`", " ").replace(",", " ").replace("(", " ").replace(")", " ").split())


@pytest.mark.parametrize("word", CHECKLIST.split())
def test_every_word_of_sieve_is_in_the_table(word: str) -> None:
    assert word in in_first_column()


def test_every_word_that_the_import_knows_is_in_the_table() -> None:
    assert ({*COMMANDS, *TESTS} - OBSOLETE) - in_first_column() == set()


def test_what_has_no_form_says_so() -> None:
    missing = [(first, here) for first, here, _ in rows(PAGE) if "`" not in here and here != "–"]
    assert missing == []


@pytest.mark.parametrize("form", [form for _, form in FORMS], ids=lambda form: form.place[:60])
def test_a_form_stands_in_a_rule_as_it_is(form: Example, tmp_path: Path) -> None:
    assert warnings_of(load(form.write(tmp_path))) == []


def test_the_script_becomes_the_rules_that_are_shown() -> None:
    script, shown = (block for block in blocks(PAGE)[1:3])
    assert ("sieve", "toml") == (script.language, shown.language)

    carried = carry_over(script.text, "old.sieve")

    assert carried.notes == ()
    assert tomllib.loads(shown.text)["rules"] == tomllib.loads(carried.text)["rules"]
