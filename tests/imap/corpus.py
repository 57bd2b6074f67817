"""Responses that servers may well send: the RFCs' examples in a row, and what an ordinary session is made of."""

from __future__ import annotations

HEADER = (
    b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
    b"From: Terry Gray <gray@cac.washington.edu>\r\n"
    b"Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
    b"To: imap@cac.washington.edu\r\n"
    b"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
    b"Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
    b"\r\n"
)

ENVELOPE = (
    b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) '
    b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
    b'"<B27397-0100000@cac.washington.edu>")'
)

TEXT_BODY = b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92)'

MIXED_BODY = (
    b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)'
    b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<960723163407.20117h@cac.washington.edu>" '
    b'"Compiler diff" "BASE64" 4554 73) "MIXED")'
)

RFC_EXAMPLES = (
    b"* OK IMAP4rev1 Service Ready",
    b"* PREAUTH IMAP4rev1 server logged in as Smith",
    b"* BYE Autologout; idle for too long",
    b"* OK [ALERT] System shutdown in 10 minutes",
    b"* NO Disk is 98% full, please delete unnecessary data",
    b"* BAD Empty command line",
    b"A001 OK LOGIN completed",
    b"A222 NO COPY failed",
    b"A443 BAD Expunge command unknown",
    b"A003 NO [TRYCREATE] No such mailbox",
    b"A142 OK [READ-WRITE] SELECT completed",
    b"* OK [UNSEEN 12] Message 12 is first unseen",
    b"* OK [UIDVALIDITY 3857529045] UIDs valid",
    b"* OK [UIDNEXT 4392] Predicted next UID",
    b"* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited",
    b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=GSSAPI LOGINDISABLED",
    b'* LIST (\\Noselect) "/" ~/Mail/foo',
    b'* LIST (\\Marked \\NoInferiors) "/" "inbox"',
    b'* LIST (\\Noselect) "/" ""',
    b'* LIST (\\NonExistent) "/" "Foo" ("CHILDINFO" ("SUBSCRIBED"))',
    b'* LSUB () "." #news.comp.mail.mime',
    b"* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)",
    b"* SEARCH 2 3 6",
    b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
    b"* 23 EXISTS",
    b"* 5 RECENT",
    b"* 44 EXPUNGE",
    b"* 23 FETCH (FLAGS (\\Seen) RFC822.SIZE 44827)",
    b'* 12 FETCH (FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286 ENVELOPE '
    + ENVELOPE
    + b" BODY "
    + TEXT_BODY
    + b")",
    b"* 12 FETCH (BODY[HEADER] {342}\r\n" + HEADER + b")",
    b"* 1 FETCH (UID 17 BODYSTRUCTURE " + MIXED_BODY + b")",
    b"+ Ready for additional command text",
    b"+ YGgGCSqGSIb3EgECAgIAb1kwV6ADAgEFoQMCAQ+iSzBJoAMCAQGiQgRAtHTEuOP2",
)

SESSION = (
    *RFC_EXAMPLES,
    b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN] Dovecot ready.",
    b'* 3 FETCH (UID 12 FLAGS (\\Recent) INTERNALDATE " 3-Mar-2024 10:00:00 +0100" RFC822.SIZE 217 '
    b"BODY[HEADER.FIELDS (FROM SUBJECT)] {23}\r\nFrom: a@b\r\nSubject: x\r\n)",
    b"* 3 FETCH (MODSEQ (8) UID 12)",
    b'* LIST (\\HasNoChildren \\Trash) "/" "Gel&APY-scht"',
    b'* LIST () NIL {5}\r\na"b\\c',
    b'* STATUS "a b" (MESSAGES 0 RECENT 0 UIDNEXT 1 UIDVALIDITY 9 UNSEEN 0 HIGHESTMODSEQ 1 MAILBOXID (F1))',
    b"* SEARCH 1 2 (MODSEQ 917162500)",
    b"* NO [BADCHARSET (US-ASCII UTF-8)] unknown charset",
    b'* X-UNHEARD-OF (1 (2 "3") NIL)',
)
