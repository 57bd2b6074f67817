"""The shape of the SQLite state, as a list of migrations: the schema number is how many of them have run.

A migration is never changed once it has been released; what is to be different comes as a new one at the end.

Times are UTC in microseconds since 1970, mailbox names and whatever text is not Unicode are BLOBs, lists are JSON,
enums are their values. An entry is open while `finished` is NULL, and the partial indexes over open entries and over
expected arrivals stay as small as the work in hand, however long the history grows.
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain

from mailrules.store.errors import StateDamaged, StateTooNew, StateTooOld

APPLICATION_ID = 0x6D61_7275
"""Stands in the file's header ("maru"), so that another program's database is never taken for a state."""

Migration = Sequence[str]
"""SQL statements, run in order within one transaction."""

MIGRATIONS: Sequence[Migration] = (
    (
        """
        CREATE TABLE account (
            id     INTEGER PRIMARY KEY,
            name   TEXT    NOT NULL UNIQUE,
            listed INTEGER NOT NULL DEFAULT 0               -- whether a LIST has been remembered
        )
        """,
        """
        CREATE TABLE mailbox (
            id          INTEGER PRIMARY KEY,
            account     INTEGER NOT NULL REFERENCES account,
            name        BLOB    NOT NULL,                   -- raw, as the server spells it
            listed      INTEGER NOT NULL DEFAULT 0,         -- whether it was in the last LIST
            uidvalidity INTEGER,                            -- as that LIST said
            met         INTEGER NOT NULL DEFAULT 0,         -- how many messages have been seen in it, ever
            UNIQUE (account, name)
        )
        """,
        """
        CREATE TABLE checkpoint (
            mailbox     INTEGER PRIMARY KEY REFERENCES mailbox,
            uidvalidity INTEGER NOT NULL,
            uid         INTEGER NOT NULL,
            newest      INTEGER
        )
        """,
        # A ring: the n-th message seen takes the place of the one seen FINGERPRINTS before it.
        """
        CREATE TABLE seen (
            mailbox     INTEGER NOT NULL REFERENCES mailbox,
            slot        INTEGER NOT NULL,
            fingerprint TEXT    NOT NULL,
            PRIMARY KEY (mailbox, slot)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE created (
            mailbox INTEGER NOT NULL REFERENCES mailbox,
            at      INTEGER NOT NULL,
            PRIMARY KEY (mailbox, at)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE entry (
            id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: people write it down
            mailbox      INTEGER NOT NULL REFERENCES mailbox,
            uidvalidity  INTEGER NOT NULL,
            uid          INTEGER NOT NULL,
            message_id   TEXT    NOT NULL,
            fingerprint  TEXT    NOT NULL,
            internaldate INTEGER NOT NULL,
            size         INTEGER NOT NULL,
            prior_flags  TEXT    NOT NULL,
            rules        TEXT    NOT NULL,
            ruleset      TEXT    NOT NULL,
            trace        TEXT    NOT NULL,
            chain        INTEGER NOT NULL,
            hops         INTEGER NOT NULL,
            state        TEXT    NOT NULL,
            attempts     INTEGER NOT NULL,
            due          INTEGER,
            reason       TEXT    NOT NULL,
            begun        INTEGER NOT NULL,
            finished     INTEGER
        )
        """,
        "CREATE INDEX entry_open ON entry (mailbox, state, due) WHERE finished IS NULL",
        "CREATE INDEX entry_message ON entry (mailbox, uidvalidity)",
        "CREATE INDEX entry_finished ON entry (finished) WHERE finished IS NOT NULL",
        """
        CREATE TABLE step (
            entry              INTEGER NOT NULL REFERENCES entry ON DELETE CASCADE,
            position           INTEGER NOT NULL,
            kind               TEXT    NOT NULL,
            rule               TEXT    NOT NULL,
            flags_add          TEXT    NOT NULL,
            flags_remove       TEXT    NOT NULL,
            flags_replace      TEXT,
            target             INTEGER REFERENCES mailbox,
            target_uidvalidity INTEGER,
            target_uidnext     INTEGER,
            target_uid         INTEGER,
            fingerprint        TEXT    NOT NULL,            -- the entry's, for the index of what is expected
            state              TEXT    NOT NULL,
            PRIMARY KEY (entry, position)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX step_arrived ON step (target, target_uidvalidity, target_uid) WHERE target_uid IS NOT NULL",
        "CREATE INDEX step_expected ON step (target, fingerprint) WHERE target IS NOT NULL AND target_uid IS NULL",
        # The journal as it is read: an entry with the names of its account and mailbox.
        """
        CREATE VIEW journal AS
        SELECT entry.id, account.name AS account, mailbox.name AS mailbox, entry.uidvalidity, entry.uid,
               entry.message_id, entry.fingerprint, entry.internaldate, entry.size, entry.prior_flags, entry.rules,
               entry.ruleset, entry.trace, entry.chain, entry.hops, entry.state, entry.attempts, entry.due,
               entry.reason, entry.begun, entry.finished
        FROM entry JOIN mailbox ON mailbox.id = entry.mailbox JOIN account ON account.id = mailbox.account
        """,
    ),
    (
        # What messages are known again by, as duplicates: a row for each place where a message was met.
        """
        CREATE TABLE mark (
            id          INTEGER PRIMARY KEY,                -- in the order in which messages were met
            first       INTEGER,                            -- where the same message was met first; NULL: here
            account     INTEGER NOT NULL REFERENCES account,
            digest      BLOB    NOT NULL,                   -- of the handle and the key
            mailbox     INTEGER NOT NULL REFERENCES mailbox,
            uidvalidity INTEGER NOT NULL,
            uid         INTEGER NOT NULL,
            fingerprint TEXT    NOT NULL,                   -- hashed
            received    INTEGER NOT NULL,                   -- as the first row says
            UNIQUE (account, digest, mailbox, uidvalidity, uid, fingerprint)
        )
        """,
        "CREATE INDEX mark_fingerprint ON mark (account, digest, fingerprint)",
        "CREATE INDEX mark_newest ON mark (account, digest, received)",
        "CREATE INDEX mark_old ON mark (received)",
        # Which messages count against the limit of a rule.
        """
        CREATE TABLE use (
            account     INTEGER NOT NULL REFERENCES account,
            rule        TEXT    NOT NULL,
            mailbox     INTEGER NOT NULL REFERENCES mailbox,
            uidvalidity INTEGER NOT NULL,
            uid         INTEGER NOT NULL,
            at          INTEGER NOT NULL,
            PRIMARY KEY (account, rule, mailbox, uidvalidity, uid)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX use_window ON use (account, rule, at)",
        "CREATE INDEX use_old ON use (at)",
        # When a scheduled rule ran last.
        """
        CREATE TABLE run (
            account INTEGER NOT NULL REFERENCES account,
            rule    TEXT    NOT NULL,
            at      INTEGER NOT NULL,
            PRIMARY KEY (account, rule)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX entry_message_id ON entry (message_id) WHERE message_id <> ''",
    ),
    (
        # How the server names mailboxes, so that they can be shown without asking it; NULL: not known yet.
        "ALTER TABLE account ADD COLUMN prefix TEXT",
        "ALTER TABLE account ADD COLUMN delimiter TEXT",
        "ALTER TABLE account ADD COLUMN foreign_prefixes TEXT",
        # What people look for in the history, and what was taken back.
        "ALTER TABLE entry ADD COLUMN sender TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE entry ADD COLUMN subject TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE entry ADD COLUMN undoes INTEGER",  # the entry that this one takes back; it may be forgotten
        "ALTER TABLE entry ADD COLUMN retried INTEGER",  # when a person last had it tried again
        "CREATE INDEX entry_undoes ON entry (undoes) WHERE undoes IS NOT NULL",
        "CREATE INDEX entry_begun ON entry (begun)",
        "DROP INDEX entry_message",
        "CREATE INDEX entry_message ON entry (mailbox, uidvalidity, uid)",
        "DROP VIEW journal",
        """
        CREATE VIEW journal AS
        SELECT entry.id, account.name AS account, mailbox.name AS mailbox, entry.uidvalidity, entry.uid,
               entry.message_id, entry.fingerprint, entry.internaldate, entry.size, entry.prior_flags, entry.rules,
               entry.ruleset, entry.trace, entry.chain, entry.hops, entry.state, entry.attempts, entry.due,
               entry.reason, entry.begun, entry.finished, entry.sender, entry.subject, entry.undoes, entry.retried
        FROM entry JOIN mailbox ON mailbox.id = entry.mailbox JOIN account ON account.id = mailbox.account
        """,
    ),
    (
        # What is in hand is found by its state, in whatever mailbox; only a step that has ended is expected by its
        # message's fingerprint, and has one.
        "DROP INDEX entry_open",
        "CREATE INDEX entry_open ON entry (state, mailbox, due) WHERE finished IS NULL",
        "DROP INDEX step_expected",
        "CREATE INDEX step_expected ON step (target, fingerprint) WHERE target_uid IS NULL AND fingerprint <> ''",
        # What was copied is looked for among the copies: mostly there are few, and the history is long.
        "CREATE INDEX step_copied ON step (entry) WHERE kind = 'copy' AND state = 'done'",
    ),
    (
        # What is written of a message once stands apart from what changes, so that writing down how it went changes
        # little: the rows of `message` are ten times as wide as those of `entry`.
        """
        CREATE TABLE message (
            entry        INTEGER PRIMARY KEY REFERENCES entry ON DELETE CASCADE,
            message_id   TEXT    NOT NULL,
            fingerprint  TEXT    NOT NULL,
            internaldate INTEGER NOT NULL,
            size         INTEGER NOT NULL,
            sender       TEXT    NOT NULL,
            subject      TEXT    NOT NULL,
            prior_flags  TEXT    NOT NULL,
            rules        TEXT    NOT NULL,
            ruleset      TEXT    NOT NULL,
            trace        TEXT    NOT NULL
        )
        """,
        """
        INSERT INTO message SELECT id, message_id, fingerprint, internaldate, size, sender, subject, prior_flags, rules,
            ruleset, trace FROM entry
        """,
        """
        CREATE TABLE narrow (
            id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: people write it down
            mailbox      INTEGER NOT NULL REFERENCES mailbox,
            uidvalidity  INTEGER NOT NULL,
            uid          INTEGER NOT NULL,
            state        TEXT    NOT NULL,
            attempts     INTEGER NOT NULL,
            due          INTEGER,
            reason       TEXT    NOT NULL,
            begun        INTEGER NOT NULL,
            finished     INTEGER,
            chain        INTEGER NOT NULL,
            hops         INTEGER NOT NULL,
            undoes       INTEGER,                           -- the entry that this one takes back; it may be forgotten
            retried      INTEGER                            -- when a person last had it tried again
        )
        """,
        """
        INSERT INTO narrow SELECT id, mailbox, uidvalidity, uid, state, attempts, due, reason, begun, finished, chain,
            hops, undoes, retried FROM entry
        """,
        "DELETE FROM sqlite_sequence WHERE name = 'narrow'",
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'narrow', seq FROM sqlite_sequence WHERE name = 'entry'",
        "DROP VIEW journal",
        "DROP TABLE entry",  # its indexes go with it, and its place in sqlite_sequence
        "ALTER TABLE narrow RENAME TO entry",
        "CREATE INDEX entry_open ON entry (state, mailbox, due) WHERE finished IS NULL",
        "CREATE INDEX entry_message ON entry (mailbox, uidvalidity, uid)",
        "CREATE INDEX entry_finished ON entry (finished) WHERE finished IS NOT NULL",
        "CREATE INDEX entry_undoes ON entry (undoes) WHERE undoes IS NOT NULL",
        "CREATE INDEX entry_begun ON entry (begun)",
        "CREATE INDEX message_message_id ON message (message_id) WHERE message_id <> ''",
        """
        CREATE VIEW journal AS
        SELECT entry.id, account.name AS account, mailbox.name AS mailbox, entry.uidvalidity, entry.uid,
               message.message_id, message.fingerprint, message.internaldate, message.size, message.prior_flags,
               message.rules, message.ruleset, message.trace, entry.chain, entry.hops, entry.state, entry.attempts,
               entry.due, entry.reason, entry.begun, entry.finished, message.sender, message.subject, entry.undoes,
               entry.retried
        FROM entry JOIN message ON message.entry = entry.id JOIN mailbox ON mailbox.id = entry.mailbox
        JOIN account ON account.id = mailbox.account
        """,
    ),
)


def migrate(db: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the state to the newest schema, all or nothing. Raises StateTooNew, StateDamaged.

    The number is read under the write lock, so two processes that start at once do not both migrate. A table that is
    made anew must not take with it what refers to it, as it would in an SQLite that was built to keep foreign keys.
    """
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("BEGIN IMMEDIATE")
    try:
        schema = _schema(db, len(migrations))
        if schema < len(migrations):
            for statement in chain.from_iterable(migrations[schema:]):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
            db.execute(f"PRAGMA user_version = {len(migrations):d}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def require_newest(db: sqlite3.Connection) -> None:
    """See that the state needs no migration. Raises StateTooOld, StateTooNew, StateDamaged."""
    if (schema := _schema(db, len(MIGRATIONS))) < len(MIGRATIONS):
        raise StateTooOld(f"the state has schema {schema}, and this mailrules would make it {len(MIGRATIONS)}")


def _schema(db: sqlite3.Connection, known: int) -> int:
    """Read the schema number: 0 for a file that is still empty. Raises StateTooNew, StateDamaged for another program's.

    `known` is the highest that can be dealt with.
    """
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (schema,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application or schema or tables):
        raise StateDamaged("the database belongs to another program: name another file in daemon.state")
    if schema > known:
        raise StateTooNew(
            f"the state has schema {schema}, and this mailrules knows {known}: run the newer mailrules that wrote it,"
            " or name another file in daemon.state"
        )
    return int(schema)
