"""The commands and tests that are known, in the notation of their RFCs made short.

``:flags=strings string`` is a tag with a list of texts behind it and one text without a tag; ``?`` marks what can be
left out.
"""

from __future__ import annotations

from typing import Final

from mailrules.sieve.grammar import Signature


def _signature(notation: str, *, tests: str = "", block: bool = False) -> Signature:
    tags: dict[str, str] = {}
    positional: list[str] = []
    for word in notation.split():
        if word.startswith(":"):
            name, _, value = word[1:].partition("=")
            tags[name] = value
        else:
            positional.append(word)
    return Signature(tags, tuple(positional), tests, block)


_COMPARED = ":comparator=string :is :contains :matches :regex :count=string :value=string :list"  # 5228, 5231, 6134
_PART = ":all :localpart :domain :user :detail"  # 5228, 5233
_INDEX = ":index=number :last"  # 5260
_MIME = ":mime :anychild :type :subtype :contenttype :param=strings"  # 5703
_MODIFIERS = ":lower :upper :lowerfirst :upperfirst :quotewildcard :quoteregex :encodeurl :length"  # 5229, 5435
_FCC = ":fcc=string :create :flags=strings :specialuse=string :mailboxid=string"  # 8580
_PROGRAM = ":copy :try :input=string :output=string string strings?"  # vnd.dovecot.pipe, .filter, .execute

COMMANDS: Final = {
    # RFC 5228
    "require": _signature("strings"),
    "if": _signature("", tests="one", block=True),
    "elsif": _signature("", tests="one", block=True),
    "else": _signature("", block=True),
    "stop": _signature(""),
    "keep": _signature(":flags=strings"),
    "discard": _signature(""),
    # RFC 3894, 6009, 6134
    "redirect": _signature(
        ":copy :list :notify=string :ret=string :bytimerelative=number :bytimeabsolute=string :bymode=string :bytrace"
        " string"
    ),
    # RFC 5228, 3894, 5232, 5490, 8579, 9042
    "fileinto": _signature(":copy :create :flags=strings :specialuse=string :mailboxid=string string"),
    "setflag": _signature("string? strings"),  # RFC 5232
    "addflag": _signature("string? strings"),
    "removeflag": _signature("string? strings"),
    "set": _signature(f"{_MODIFIERS} string string"),  # RFC 5229
    # RFC 5230, 6131, 8580
    "vacation": _signature(
        f":days=number :seconds=number :subject=string :from=string :addresses=strings :mime :handle=string {_FCC}"
        " string"
    ),
    # RFC 5435, and the draft before it
    "notify": _signature(
        f":from=string :importance=string :options=strings :message=string :method=string :id=string :low :normal :high"
        f" {_FCC} string?"
    ),
    "denotify": _signature(":is :contains :matches :low :normal :high string?"),
    "reject": _signature("string"),  # RFC 5429
    "ereject": _signature("string"),
    "include": _signature(":personal :global :once :optional string"),  # RFC 6609
    "return": _signature(""),
    "global": _signature("strings"),
    "import": _signature("strings"),
    "export": _signature("strings"),
    "addheader": _signature(":last string string"),  # RFC 5293
    "deleteheader": _signature(f"{_INDEX} {_COMPARED} string strings?"),
    "error": _signature("string"),  # RFC 5463
    "foreverypart": _signature(":name=string", block=True),  # RFC 5703
    "break": _signature(":name=string"),
    "extracttext": _signature(f":first=number {_MODIFIERS} string"),
    "replace": _signature(":mime :subject=string :from=string string"),
    "enclose": _signature(":subject=string :headers=strings string"),
    "mark": _signature(""),  # the draft before RFC 5232
    "unmark": _signature(""),
    "convert": _signature("string string strings"),  # RFC 6558
    "pipe": _signature(_PROGRAM),
    "filter": _signature(_PROGRAM),
    "execute": _signature(_PROGRAM),
    "report": _signature(":headers_only string string string"),  # vnd.dovecot.report
    "debug_log": _signature("string"),  # vnd.dovecot.debug
}
"""Every command by its name."""

TESTS: Final = {
    # RFC 5228
    "address": _signature(f"{_COMPARED} {_PART} {_INDEX} {_MIME} strings strings"),
    "allof": _signature("", tests="several"),
    "anyof": _signature("", tests="several"),
    "envelope": _signature(f"{_COMPARED} {_PART} strings strings"),
    "exists": _signature(":mime :anychild strings"),
    "false": _signature(""),
    "header": _signature(f"{_COMPARED} {_INDEX} {_MIME} strings strings"),
    "not": _signature("", tests="one"),
    "size": _signature(":over :under number"),
    "true": _signature(""),
    "body": _signature(f"{_COMPARED} :raw :content=strings :text strings"),  # RFC 5173
    "date": _signature(f"{_COMPARED} {_INDEX} :zone=string :originalzone string string strings"),  # RFC 5260
    "currentdate": _signature(f"{_COMPARED} :zone=string string strings"),
    "hasflag": _signature(f"{_COMPARED} strings? strings"),  # RFC 5232
    "string": _signature(f"{_COMPARED} strings strings"),  # RFC 5229
    "environment": _signature(f"{_COMPARED} string strings"),  # RFC 5183
    "duplicate": _signature(":header=string :uniqueid=string :handle=string :seconds=number :last"),  # RFC 7352
    "ihave": _signature("strings"),  # RFC 5463
    "mailboxexists": _signature("strings"),  # RFC 5490
    "metadata": _signature(f"{_COMPARED} string string strings"),
    "metadataexists": _signature("string strings"),
    "servermetadata": _signature(f"{_COMPARED} string strings"),
    "servermetadataexists": _signature("strings"),
    "specialuse_exists": _signature("string? strings"),  # RFC 8579
    "mailboxidexists": _signature("strings"),  # RFC 9042
    "spamtest": _signature(f"{_COMPARED} :percent string"),  # RFC 5235
    "virustest": _signature(f"{_COMPARED} string"),
    "valid_notify_method": _signature("strings"),  # RFC 5435
    "notify_method_capability": _signature(f"{_COMPARED} string string strings"),
    "valid_ext_list": _signature("strings"),  # RFC 6134
    "convert": _signature("string string strings"),  # RFC 6558
    "execute": _signature(_PROGRAM),  # vnd.dovecot.execute
}
"""Every test by its name."""
