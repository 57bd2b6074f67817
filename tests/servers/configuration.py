"""What Dovecot is told: one configuration text from a few choices."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.certificates import Pair
    from tests.servers.dovecot import Ports


@dataclass(frozen=True, slots=True)
class Layout:
    """The choices in which servers differ for us.

    `separator` is `/` or `.`; `prefix` is the personal namespace's ("" or "INBOX."); `quota` is each user's, in KiB;
    `capability` overrides what is advertised (`+X` adds to Dovecot's own), served or not; `compress` has it offer
    COMPRESS=DEFLATE; `extra` is added as it is. `hibernating` is a number of users, `u0` and so on: each has a uid of
    its own (Linux lets a uid watch 128 mailboxes), and connections in IDLE are put into a few processes. It takes root.
    """

    separator: str = "/"
    prefix: str = ""
    quota: int | None = None
    capability: str = ""
    hibernating: int = 0
    compress: bool = False
    extra: str = ""


_HIBERNATION = """
last_valid_uid = 0
protocol imap {
  imap_hibernate_timeout = 1 secs
}
service imap {
  service_count = 1
  process_min_avail = 0
  unix_listener imap-master {
    mode = 0666
  }
}
service imap-hibernate {
  process_limit = 8
  client_limit = 4000
  vsz_limit = 2G
  unix_listener imap-hibernate {
    mode = 0666
  }
}
service imap-login {
  process_min_avail = 4
  process_limit = 16
  client_limit = 4000
  vsz_limit = 2G
}
"""
_FIRST_UID = 200_000
SPECIAL_USE = ("Trash", "Junk", "Archive", "Sent", "Drafts")


def configuration(folder: Path, ports: Ports, layout: Layout, certificate: Pair, password: str) -> str:
    """Return the text of dovecot.conf."""
    user, group = _identity()
    return f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
listen = 127.0.0.1
{_services_users()}
first_valid_uid = 1
first_valid_gid = 1

ssl = yes
ssl_cert = <{certificate.certificate}
ssl_key = <{certificate.key}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_username_format = %Lu
mail_max_userip_connections = 10000
imap_capability = {layout.capability}

passdb {{
  driver = static
  args = password={password}
}}
{_users(folder) if layout.hibernating else ""}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u allow_all_users=yes
}}

mail_location = sdbox:~/mail
mail_fsync = never
mail_plugins = {"quota" if layout.quota else ""}
protocol imap {{
  mail_plugins = {"quota imap_quota" if layout.quota else ""} {"imap_zlib" if layout.compress else ""}
}}
protocol lmtp {{
  postmaster_address = postmaster@localhost
}}
{_quota(layout.quota)}

namespace inbox {{
  inbox = yes
  separator = {layout.separator}
  prefix = {layout.prefix}
  {_special_use()}
}}

service anvil {{
  # Dovecot makes an address wait longer after each wrong password; ours all come from one.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
  client_limit = 20000
}}
service auth {{
  client_limit = 20000
}}
service imap-login {{
  service_count = 0
  process_min_avail = 1
  client_limit = 2000
  chroot =
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 2000
  process_min_avail = 2
  service_count = 100
}}
service lmtp {{
  inet_listener lmtp {{
    port = {ports.lmtp}
  }}
}}
service stats {{
  chroot =
}}
{_HIBERNATION if layout.hibernating else ""}
{layout.extra}
"""


def _identity() -> tuple[str, str]:
    if os.getuid() == 0:  # Dovecot gives no mail to root
        return "nobody", "nogroup"
    return pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name


def _services_users() -> str:
    if os.getuid() == 0:
        return ""
    user, group = _identity()
    return (
        f"default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n"
        "service anvil {\n  chroot =\n}"
    )


def users(folder: Path, number: int) -> str:
    """Return the text of the file of users that hibernate."""
    lines = (f"u{n}::{_FIRST_UID + n}:{_FIRST_UID + n}::{folder}/mail/u{n}::\n" for n in range(number))
    return "".join(lines)


def _users(folder: Path) -> str:
    return f"userdb {{\n  driver = passwd-file\n  args = {folder}/users\n  result_success = return-ok\n}}"


def _special_use() -> str:
    return "\n  ".join(
        f"mailbox {name} {{\n    special_use = \\{name}\n    auto = subscribe\n  }}" for name in SPECIAL_USE
    )


def _quota(kibibytes: int | None) -> str:
    if kibibytes is None:
        return ""
    return f"plugin {{\n  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage={kibibytes}K\n}}"
