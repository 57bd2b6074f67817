r"""Conversations about messages that the memory server and a real Dovecot must hold alike, as lines `C:` and `S:`.

`<one>` and `<two>` stand for messages as LITERAL+; `shapes` has them, and says what of an answer is compared.
"""

from __future__ import annotations

GIVEN = r"""
C: APPEND INBOX (\Flagged) "17-Jul-1996 02:44:25 +0000" <one>
S: OK [APPENDUID V 1]
C: APPEND INBOX ($Label1) "01-Mar-2025 10:00:00 +0000" <two>
S: OK [APPENDUID V 2]
C: SELECT INBOX
S: * FLAGS ($Label1 \Answered \Deleted \Draft \Flagged \Seen)
S: * OK [PERMANENTFLAGS ($Label1 \* \Answered \Deleted \Draft \Flagged \Seen)]
S: * 2 EXISTS
S: * OK [UNSEEN 1]
S: * OK [UIDVALIDITY V]
S: * OK [UIDNEXT 3]
S: OK [READ-WRITE]
"""

DIALOGUES = {
    "a failed SELECT leaves nothing selected": GIVEN
    + r"""
C: SELECT nope
S: * OK [CLOSED]
S: NO
C: CHECK
S: BAD
C: FETCH 1 FLAGS
S: BAD
""",
    "EXAMINE protects flags": GIVEN
    + r"""
C: EXAMINE INBOX
S: * OK [CLOSED]
S: * FLAGS ($Label1 \Answered \Deleted \Draft \Flagged \Seen)
S: * OK [PERMANENTFLAGS ()]
S: * 2 EXISTS
S: * OK [UNSEEN 1]
S: * OK [UIDVALIDITY V]
S: * OK [UIDNEXT 3]
S: OK [READ-ONLY]
C: STORE 1 +FLAGS (\Seen)
S: OK
C: FETCH 1:2 (FLAGS BODY[HEADER.FIELDS (Subject)])
S: * 1 FETCH (FLAGS (\Flagged) BODY[HEADER.FIELDS (SUBJECT)] {44}|Subject: =?utf-8?Q?Vertrag_=C3=BCber?= x||)
S: * 2 FETCH (FLAGS ($Label1) BODY[HEADER.FIELDS (SUBJECT)] {16}|Subject: two||)
S: OK
""",
    "simple items are fetched": GIVEN + r"""
C: UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)
S: * 1 FETCH (UID 1 FLAGS (\Flagged) INTERNALDATE "17-Jul-1996 02:44:25 +0000" RFC822.SIZE 500)
S: * 2 FETCH (UID 2 FLAGS ($Label1) INTERNALDATE "01-Mar-2025 10:00:00 +0000" RFC822.SIZE 53)
S: OK
C: FETCH 2 FAST
S: * 2 FETCH (FLAGS ($Label1) INTERNALDATE "01-Mar-2025 10:00:00 +0000" RFC822.SIZE 53)
S: OK
C: UID FETCH 99 FLAGS
S: OK
C: UID FETCH 99:* (UID)
S: * 2 FETCH (UID 2)
S: OK
C: FETCH 9 FLAGS
S: BAD
C: FETCH 1 NOSUCH
S: BAD
C: FETCH 2 ENVELOPE
S: * 2 FETCH (ENVELOPE (NIL "two" (("Bob" NIL "bob" "b.example")) (("Bob" NIL "bob" "b.example")) """
    r"""(("Bob" NIL "bob" "b.example")) NIL NIL NIL NIL NIL))
S: OK
C: FETCH 1 BODYSTRUCTURE
S: * 1 FETCH (BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "base64" 16 0 NIL NIL NIL NIL)"""
    r"""("application" "pdf" ("name" "a b.pdf") NIL NIL "7bit" 4 NIL ("attachment" ("filename" "a b.pdf")) NIL NIL)"""
    r"""("message" "rfc822" NIL NIL NIL "7bit" 39 (NIL "inner" ((NIL NIL "q" "q")) ((NIL NIL "q" "q")) """
    r"""((NIL NIL "q" "q")) NIL NIL NIL NIL NIL) """
    r"""("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 0 NIL NIL NIL NIL) 3 NIL NIL NIL NIL) """
    r""""mixed" ("boundary" "xx") NIL NIL NIL))
S: OK
C: FETCH 2 BODY
S: * 2 FETCH (BODY ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 1))
S: OK
""",
    "sections are fetched": GIVEN + r"""
C: UID FETCH 1 (UID BODY.PEEK[HEADER.FIELDS (From X-no)])
S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (FROM X-NO)] {21}|From: a@b.example||)
S: OK
C: FETCH 2 BODY.PEEK[HEADER.FIELDS.NOT (Subject)]
S: * 2 FETCH (BODY[HEADER.FIELDS.NOT (SUBJECT)] {29}|From: Bob <bob@b.example>||)
S: OK
C: FETCH 1 (BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[2])
S: * 1 FETCH (BODY[1] {16}|SGVsbG8gd29ybGQ= BODY[1.MIME] {78}|Content-Type: text/plain; charset=utf-8|"""
    r"""Content-Transfer-Encoding: base64|| BODY[2] {4}|%PDF)
S: OK
C: FETCH 1 (BODY.PEEK[3.HEADER] BODY.PEEK[3.TEXT] BODY.PEEK[3.1])
S: * 1 FETCH (BODY[3.HEADER] {29}|Subject: inner|From: q@q|| BODY[3.TEXT] {10}|inner body BODY[3.1] {10}|inner body)
S: OK
C: FETCH 2 BODY.PEEK[TEXT]<2.3>
S: * 2 FETCH (BODY[TEXT]<2> {3}|dy )
S: OK
C: FETCH 2 (BODY.PEEK[]<200.3> RFC822.HEADER)
S: * 2 FETCH (BODY[]<200> {0}| RFC822.HEADER {43}|From: Bob <bob@b.example>|Subject: two||)
S: OK
C: FETCH 2 (FLAGS BODY[TEXT])
S: * 2 FETCH (FLAGS ($Label1 \Seen) BODY[TEXT] {10}|body two|)
S: OK
""",
    "flags are stored": GIVEN
    + r"""
C: UID STORE 1 +FLAGS (\Answered)
S: * 1 FETCH (UID 1 FLAGS (\Answered \Flagged))
S: OK
C: STORE 1:2 +FLAGS.SILENT (\Seen)
S: OK
C: STORE 1 -FLAGS \answered
S: * 1 FETCH (FLAGS (\Flagged \Seen))
S: OK
C: STORE 2 FLAGS ($LABEL1)
S: * 2 FETCH (FLAGS ($Label1))
S: OK
C: STORE 2 +FLAGS ($Forwarded)
S: * FLAGS ($Forwarded $Label1 \Answered \Deleted \Draft \Flagged \Seen)
S: * OK [PERMANENTFLAGS ($Forwarded $Label1 \* \Answered \Deleted \Draft \Flagged \Seen)]
S: * 2 FETCH (FLAGS ($Forwarded $Label1))
S: OK
C: UID STORE 99 +FLAGS (\Seen)
S: OK
C: STORE 99 +FLAGS (\Seen)
S: BAD
C: STORE 1 FOO (\Seen)
S: BAD
""",
    "messages are searched for": GIVEN
    + r"""
C: UID SEARCH ALL
S: * SEARCH 1 2
S: OK
C: SEARCH SUBJECT vertrag FLAGGED
S: * SEARCH 1
S: OK
C: SEARCH CHARSET UTF-8 SUBJECT <u-umlaut>
S: * SEARCH 1
S: OK
C: SEARCH BODY hello
S: * SEARCH 1
S: OK
C: SEARCH HEADER X-no ""
S: * SEARCH
S: OK
C: SEARCH OR FROM bob NOT UNSEEN
S: * SEARCH 2
S: OK
C: SEARCH (KEYWORD $label1 UNSEEN) SMALLER 100
S: * SEARCH 2
S: OK
C: SEARCH ON 17-Jul-1996 LARGER 100 NOT DELETED
S: * SEARCH 1
S: OK
C: SEARCH SINCE 1-Jan-2020 BEFORE 1-Jan-2030
S: * SEARCH 2
S: OK
C: SEARCH SENTON 3-Mar-2025 TO "me@x" TEXT hello
S: * SEARCH 1
S: OK
C: SEARCH UID 2:* 1:2
S: * SEARCH 2
S: OK
C: SEARCH CHARSET FOO ALL
S: NO
C: SEARCH FOO
S: BAD
C: UID SEARCH RETURN () ALL
S: * ESEARCH (TAG T) UID ALL 1:2
S: OK
C: UID SEARCH RETURN (MIN MAX COUNT) ALL
S: * ESEARCH (TAG T) UID MIN 1 MAX 2 COUNT 2
S: OK
C: SEARCH RETURN (ALL) SEEN
S: * ESEARCH (TAG T)
S: OK
""",
    "messages are copied and moved": GIVEN
    + r"""
C: UID COPY 1:2 nope
S: NO [TRYCREATE]
C: UID MOVE 1:2 nope
S: NO [TRYCREATE]
C: UID COPY 1:2 Archive
S: OK [COPYUID V 1:2 1:2]
C: UID COPY 99 Archive
S: OK
C: UID MOVE 99 Archive
S: OK
C: UID MOVE 1 Archive
S: * OK [COPYUID V 1 3]
S: * 1 EXPUNGE
S: OK
C: MOVE 1 INBOX
S: * OK [COPYUID V 2 3]
S: * 1 EXPUNGE
S: * 1 EXISTS
S: OK
C: COPY 1 Trash
S: OK [COPYUID V 3 1]
C: STATUS Archive (MESSAGES UIDNEXT)
S: * STATUS Archive (MESSAGES 3 UIDNEXT 4)
S: OK
""",
    "only the named messages are expunged by UID EXPUNGE": GIVEN
    + r"""
C: STORE 1:2 +FLAGS.SILENT (\Deleted)
S: OK
C: UID EXPUNGE 2
S: * 2 EXPUNGE
S: OK
C: UID EXPUNGE 99
S: OK
C: EXPUNGE
S: * 1 EXPUNGE
S: OK
C: CLOSE
S: OK
C: EXPUNGE
S: BAD
""",
    "CLOSE expunges in silence, UNSELECT does not": GIVEN
    + r"""
C: STORE 1 +FLAGS.SILENT (\Deleted)
S: OK
C: UNSELECT
S: OK
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 2)
S: OK
C: SELECT INBOX
S: * FLAGS ($Label1 \Answered \Deleted \Draft \Flagged \Seen)
S: * OK [PERMANENTFLAGS ($Label1 \* \Answered \Deleted \Draft \Flagged \Seen)]
S: * 2 EXISTS
S: * OK [UNSEEN 1]
S: * OK [UIDVALIDITY V]
S: * OK [UIDNEXT 3]
S: OK [READ-WRITE]
C: CLOSE
S: OK
C: STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 1)
S: OK
""",
}
