"""The extensions of Sieve by the names that `require` and `ihave` have for them."""

from __future__ import annotations

from typing import Final

CARRIED_EXTENSIONS: Final = frozenset(
    {
        "body",
        "comparator-i;ascii-casemap",
        "comparator-i;ascii-numeric",
        "comparator-i;octet",
        "copy",
        "date",
        "duplicate",
        "encoded-character",
        "environment",
        "fileinto",
        "foreverypart",
        "ihave",
        "imap4flags",
        "imapflags",
        "include",
        "index",
        "mailbox",
        "mime",
        "regex",
        "relational",
        "special-use",
        "subaddress",
        "variables",
    }
)
"""Those that rules can do; `ihave` says yes to them."""

KNOWN_EXTENSIONS: Final = CARRIED_EXTENSIONS | {
    "comparator-i;unicode-casemap",
    "convert",
    "editheader",
    "enclose",
    "enotify",
    "envelope",
    "envelope-deliverby",
    "envelope-dsn",
    "ereject",
    "extlists",
    "extracttext",
    "fcc",
    "imapsieve",
    "mailboxid",
    "mboxmetadata",
    "notify",
    "redirect-deliverby",
    "redirect-dsn",
    "reject",
    "replace",
    "servermetadata",
    "spamtest",
    "spamtestplus",
    "vacation",
    "vacation-seconds",
    "virustest",
}
"""Those whose commands and tests are all known; a script that requires another may use any word."""
