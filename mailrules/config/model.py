"""The settings of a rule file as they are once everything in it is known to be right.

Every model is strict, refuses keys that it does not know and cannot be changed. Two accounts are equal if their
settings are, passwords by their source, so a reload knows which accounts have to sign in again.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from mailrules.config.rows import ROWS
from mailrules.config.secrets import SecretField
from mailrules.config.values import (
    SOME_TEXTS,
    TEXTS,
    FilePath,
    ListenAt,
    Seconds,
    Text,
    TimeZone,
    base_folder,
    system_timezone,
    texts_schema,
)
from mailrules.rules import Rule, Table, selftest
from mailrules.rules.conditions.age import Age_
from mailrules.rules.conditions.size import Octets
from mailrules.rules.deferring import Deferred
from mailrules.rules.docstrings import describe
from mailrules.rules.match import Match

if TYPE_CHECKING:
    from mailrules.rules.selftest import Case
else:
    Case = Annotated[Table, Deferred(lambda: selftest.Case)]

IDLE_LIMIT = 29 * 60.0
"""Seconds after which an IDLE must have been renewed (RFC 9051 §6.3.13)."""

LONGEST_GRACE = 300.0
"""Seconds; a connection rests for as long, and is not to be taken for stuck, nor closed by its server meanwhile."""

_SHORTEST_HISTORY = timedelta(days=7)
_SMALLEST_HISTORY = 10 * 2**20  # octets


class Settings(BaseModel):
    """What all settings have in common."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the settings by the docstrings below them."""
        reference = handler(core_schema)
        describe(cls, handler.resolve_ref_schema(reference))
        return reference


def default_state() -> Path:
    """Return where the state is kept unless the file says otherwise: systemd's StateDirectory=, else the user's own."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.partition(":")[0]) / "state.db"
    folder = base_folder("XDG_STATE_HOME", "~/.local/state") or Path("/var/lib")
    return folder / "mailrules" / "state.db"


def _long_enough(history: timedelta) -> timedelta:
    if history < _SHORTEST_HISTORY:
        raise ValueError('expected at least "7 days"')
    return history


def _large_enough(octets: int) -> int:
    if octets < _SMALLEST_HISTORY:
        raise ValueError('expected at least "10 MiB"')
    return octets


class Daemon(Settings):
    """The ``[daemon]`` table: what holds for all accounts."""

    state: FilePath = Field(default_factory=default_state)
    """The file that remembers which messages were handled, and why. `~` is your home."""

    listen: ListenAt | None = None
    """Where to tell by HTTP how it is: an address and a port, as "127.0.0.1:9464". Without it, nothing listens."""

    timezone: TimeZone = Field(default_factory=system_timezone)
    """The time zone of dates in rules, such as "Europe/Kyiv". Without it, the system's."""

    mode: Literal["observe"] | None = None
    """"observe": every rule is evaluated and recorded, none acts."""

    grace: Annotated[Seconds, Field(ge=0, le=LONGEST_GRACE)] = 5.0
    """After a lost connection: how long to wait between two looks for a copy that the server may still be making."""

    history: Annotated[Age_, AfterValidator(_long_enough)] = timedelta(days=400)
    """For how long it is remembered what was done with each message, as in "90 days"; at least "7 days"."""

    history_size: Annotated[Octets, AfterValidator(_large_enough)] = 2**30
    """How much of the disk that may take, as in "500 MiB": beyond it the oldest is forgotten; at least "10 MiB"."""


def _host(written: str) -> str:
    if _is_address(written):
        return written
    if "://" in written or "/" in written:
        raise ValueError('expected a host\'s name alone, as in "imap.example.org"')
    name, colon, port = written.partition(":")
    if colon:
        raise ValueError(f'the port has a key of its own: host = "{name}", port = {port if port.isdecimal() else 993}')
    if not re.fullmatch(r"[\w.-]+", written):
        raise ValueError("a host's name holds letters, digits, dots and hyphens only")
    return written


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its very name or address, without asking any resolver."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761 §6.3
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _mail_address(written: str) -> str:
    local, at, domain = written.rpartition("@")
    if not (at and local and domain) or any(character.isspace() for character in written):
        raise ValueError('expected a mail address alone, as in "ann@example.org"')
    return written


MailAddress = Annotated[Text, AfterValidator(_mail_address)]


def _mailbox(written: str) -> str:
    if written.startswith("\\"):
        raise ValueError("expected a mailbox's own name; special-use names such as '\\Trash' stand in rules only")
    return written


_HOST_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^([^\s/:]+|[0-9A-Fa-f:.]+)$"})
_ADDRESSES_SCHEMA = texts_schema(r"^\S+@\S+$")
_MAILBOX_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^\s*[^\\\s]"})


def _default_port(data: Mapping[str, object]) -> int:
    return 993 if data.get("tls") == "implicit" else 143


def _default_addresses(data: Mapping[str, object]) -> tuple[str, ...]:
    try:
        return (_mail_address(str(data.get("username", ""))),)
    except ValueError:
        return ()


class Account(Settings):
    """One ``[accounts.NAME]`` table: a mail account and how it is watched."""

    host: Annotated[Text, AfterValidator(_host), _HOST_SCHEMA]
    """The IMAP server's name, such as "imap.example.org"."""

    tls: Literal["implicit", "starttls", "none"] = "implicit"
    """"implicit": TLS from the first byte; "starttls": after a greeting in the clear; "none": only on this machine."""

    port: Annotated[int, Field(ge=1, le=65535)] = Field(default_factory=_default_port)
    """The server's port: 993 unless given, with "starttls" or "none" 143."""

    ca_file: FilePath | None = None
    """A PEM file of certificates to trust instead of the system's, for a server with a certificate of its own."""

    username: Text
    """The name to sign in with, often the mail address."""

    password: SecretField
    """The password as text, or where it is kept: password.file, password.env or password.command."""

    auth: Literal["auto", "login", "plain"] = "auto"
    """How to sign in: the command LOGIN, SASL PLAIN, or whichever the server offers."""

    addresses: Annotated[tuple[MailAddress, ...], *TEXTS, _ADDRESSES_SCHEMA] = Field(default_factory=_default_addresses)
    """The addresses that are "me" in rules. Without it, the username if it is an address."""

    authserv_id: Annotated[tuple[Text, ...], *TEXTS] = ()
    """How your mail server calls itself in Authentication-Results, such as "mx.example.org": `auth` believes these."""

    watch: Annotated[tuple[Text, ...], *SOME_TEXTS] = ("INBOX",)
    """The mailboxes to watch, "/" between their levels; "*" stands for anything, "%" for anything on one level."""

    trash: Annotated[Text, AfterValidator(_mailbox), _MAILBOX_SCHEMA] | None = None
    """The mailbox that `trash` moves to, if the server marks none as its own."""

    create_limit: Annotated[int, Field(ge=0)] = 100
    """How many new mailboxes rules may create in a day."""

    max_connections: Annotated[int, Field(ge=1)] = 5
    """How many connections to the server may be open at once."""

    poll: Annotated[Seconds, Field(ge=5)] = 60.0
    """How often mailboxes with no connection of their own, or no IDLE, are looked at: seconds, or a text: "2 min"."""

    keepalive: Annotated[Seconds, Field(ge=10, le=IDLE_LIMIT)] = 240.0
    """Within what time a dead connection is noticed: seconds, or a text such as "4 min"."""

    @field_validator("tls")
    @classmethod
    def _clear_text_stays_here(cls, tls: str, info: ValidationInfo) -> str:
        if tls == "none" and "host" in info.data and not is_loopback(info.data["host"]):
            raise ValueError('"none" sends the password in the clear, so it is for a server on this machine only')
        return tls


class LookupTable(Settings):
    """One ``[tables.NAME]`` table: what rules look texts up in, by its name."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["rows"]}, {"required": ["file"]}]})

    rows: Annotated[Mapping[str, str], *ROWS] | None = None
    """The rows themselves: { "acme.example" = "Acme" }, or a list of keys where no values are needed."""

    file: FilePath | None = None
    """A file with the rows: CSV with a key and a value in each, or a list of keys. Lines with # are comments."""

    header: bool = False
    """Whether the first row of the file is a heading."""

    parents: bool = False
    """Whether a domain is found by the nearest domain above it too: mail.acme.example by acme.example."""

    @model_validator(mode="after")
    def _has_rows(self) -> Self:
        if (self.rows is None) == (self.file is None):
            raise ValueError('a table has its rows from one place: write file = "customers.csv", or rows = { … }')
        if self.header and self.file is None:
            raise ValueError("header goes with file; leave it out beside rows")
        return self


class Config(Settings):
    """A whole rule file with what it includes."""

    include: Annotated[tuple[Text, ...], *TEXTS] = ()
    """Further files of rules, as "rules.d/*.toml": paths or globs that start from this file's folder."""

    daemon: Daemon = Field(default_factory=Daemon)
    """What holds for all accounts."""

    accounts: Mapping[str, Account] = Field(default_factory=dict)
    """The mail accounts by name: [accounts.NAME]."""

    tables: Mapping[str, LookupTable] = Field(default_factory=dict)
    """What rules look texts up in, by name: [tables.NAME]."""

    conditions: Mapping[str, Match] = Field(default_factory=dict)
    """Conditions that rules refer to by name: [conditions.NAME]."""

    rules: tuple[Rule, ...] = ()
    """The rules, [[rules]] each, in the order in which they are tried."""

    tests: tuple[Case, ...] = ()
    """Tests of the rules, [[tests]] each: rules whose tests fail are not taken into use."""
