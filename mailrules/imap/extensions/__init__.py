"""The extensions, one file each; this is their table of contents.

To add one: a file with its commands, value types and readers (`registry` has the decorators), its line here, its row in
the table of `mailrules.imap`, and a transcript of its RFC's examples in the tests.
"""

from mailrules.imap.extensions import (
    compress,  # COMPRESS=DEFLATE, RFC 4978
    condstore,  # CONDSTORE, RFC 7162
    enable,  # ENABLE, RFC 5161
    esearch,  # ESEARCH, RFC 4731
    gmail,  # X-GM-EXT-1, Google's own
    id,  # noqa: A004 - ID, RFC 2971
    idle,  # IDLE, RFC 2177
    listext,  # LIST-EXTENDED, RFC 5258
    liststatus,  # LIST-STATUS, RFC 5819
    literal,  # LITERAL+ and LITERAL-, RFC 7888
    move,  # MOVE, RFC 6851
    multiappend,  # MULTIAPPEND, RFC 3502
    namespace,  # NAMESPACE, RFC 2342
    notify,  # NOTIFY, RFC 5465
    sasl,  # AUTH=PLAIN, RFC 4616; SASL-IR, RFC 4959
    specialuse,  # SPECIAL-USE and CREATE-SPECIAL-USE, RFC 6154
    uidplus,  # UIDPLUS, RFC 4315
    unselect,  # UNSELECT, RFC 3691
    utf8,  # UTF8=ACCEPT, RFC 6855
)

__all__ = [
    "compress",
    "condstore",
    "enable",
    "esearch",
    "gmail",
    "id",
    "idle",
    "listext",
    "liststatus",
    "literal",
    "move",
    "multiappend",
    "namespace",
    "notify",
    "sasl",
    "specialuse",
    "uidplus",
    "unselect",
    "utf8",
]
