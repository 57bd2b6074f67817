r"""Conversations about mailboxes that the memory server and a real Dovecot must hold alike, as lines `C:` and `S:`.

`<one>` and `<two>` stand for messages as LITERAL+; `shapes` has them, and says what of an answer is compared.
"""

from __future__ import annotations

DIALOGUES = {
    "the server introduces itself": r"""
C: NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: OK
C: NOOP
S: OK
C: FOO
S: BAD
C: LOGIN a b
S: BAD
C: LOGOUT
S: * BYE
S: OK
""",
    "mailboxes are listed with their special use": r"""
C: LIST "" ""
S: * LIST (\Noselect) "/" ""
S: OK
C: LIST "" *
S: * LIST (\HasNoChildren) "/" INBOX
S: * LIST (\Archive \HasNoChildren) "/" Archive
S: * LIST (\Drafts \HasNoChildren) "/" Drafts
S: * LIST (\HasNoChildren \Junk) "/" Junk
S: * LIST (\HasNoChildren \Sent) "/" Sent
S: * LIST (\HasNoChildren \Trash) "/" Trash
S: OK
C: LIST "" inb%
S: * LIST (\HasNoChildren) "/" INBOX
S: OK
C: LIST (FOO) "" *
S: BAD
""",
    "a mailbox is created once, with the levels above it": r"""
C: CREATE a/b/c
S: OK
C: CREATE a/b/c
S: NO [ALREADYEXISTS]
C: CREATE a//b
S: NO [CANNOT]
C: LIST "" a*
S: * LIST (\HasChildren \Noselect) "/" a
S: * LIST (\HasChildren \Noselect) "/" a/b
S: * LIST (\HasNoChildren) "/" a/b/c
S: OK
C: LIST a/ %
S: * LIST (\HasChildren \Noselect) "/" a/b
S: OK
C: LIST "" a* RETURN (CHILDREN STATUS (MESSAGES UIDNEXT))
S: * LIST (\HasChildren \Noselect) "/" a
S: * LIST (\HasChildren \Noselect) "/" a/b
S: * LIST (\HasNoChildren) "/" a/b/c
S: * STATUS a/b/c (MESSAGES 0 UIDNEXT 1)
S: OK
C: RENAME a/b/c a/d
S: OK
C: DELETE a/d
S: OK
C: DELETE a/d
S: NO
C: DELETE INBOX
S: NO
C: RENAME a/d x
S: NO
""",
    "names are modified UTF-7": r"""
C: CREATE "Vertr&AOQ-ge"
S: OK
C: LIST "" Vertr*
S: * LIST (\HasNoChildren) "/" Vertr&AOQ-ge
S: OK
C: STATUS "Vertr&AOQ-ge" (MESSAGES)
S: * STATUS Vertr&AOQ-ge (MESSAGES 0)
S: OK
""",
    "subscriptions outlive nothing but are listed": r"""
C: CREATE lists/a
S: OK
C: SUBSCRIBE lists/a
S: OK
C: SUBSCRIBE nope
S: NO
C: UNSUBSCRIBE nope
S: OK
C: LSUB "" lists*
S: * LSUB () "/" lists/a
S: OK
C: LSUB "" l%
S: * LSUB (\Noselect) "/" lists
S: OK
C: LIST "" lists/% RETURN (SUBSCRIBED CHILDREN)
S: * LIST (\HasNoChildren \Subscribed) "/" lists/a
S: OK
""",
    "status": r"""
C: APPEND INBOX <one>
S: OK [APPENDUID V 1]
C: APPEND INBOX (\seen) <two>
S: OK [APPENDUID V 2]
C: STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN SIZE)
S: * STATUS INBOX (MESSAGES 2 UIDNEXT 3 UIDVALIDITY V UNSEEN 1 SIZE 553)
S: OK
C: STATUS nope (MESSAGES)
S: NO
C: STATUS INBOX (FOO)
S: BAD
""",
    "append": r"""
C: APPEND nope <one>
S: NO [TRYCREATE]
C: SELECT INBOX
S: * FLAGS (\Answered \Deleted \Draft \Flagged \Seen)
S: * OK [PERMANENTFLAGS (\* \Answered \Deleted \Draft \Flagged \Seen)]
S: * 0 EXISTS
S: * OK [UIDVALIDITY V]
S: * OK [UIDNEXT 1]
S: OK [READ-WRITE]
C: APPEND INBOX <one> <two>
S: * 2 EXISTS
S: OK [APPENDUID V 1:2]
""",
}
