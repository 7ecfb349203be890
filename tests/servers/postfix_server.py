"""A Postfix of our own: Debian's postfix as an instance in a temporary folder, one port per way to be configured.

Its `master` needs root, its daemons run as the user `postfix`; the machine's own instance is never touched. Mail is
delivered into Maildirs in the folder. Services, by name: see `SERVICES`.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

DAEMONS = "/usr/lib/postfix/sbin"
START_S = 20
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.example
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_transport = error:5.1.1 nobody lives here
local_recipient_maps =
virtual_mailbox_domains = example.com
virtual_mailbox_maps = regexp:{folder}/mailboxes
virtual_mailbox_base = {folder}/mail
virtual_mailbox_limit = 0
virtual_transport = virtual
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
message_size_limit = 30000000
smtputf8_enable = no
smtpd_delay_reject = no
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_client_restrictions =
smtpd_helo_restrictions = check_helo_access regexp:{folder}/names
smtpd_sender_restrictions = check_sender_access regexp:{folder}/senders
smtpd_recipient_restrictions = check_recipient_access regexp:{folder}/recipients, reject_unauth_destination
smtpd_data_restrictions = check_sender_access regexp:{folder}/data_senders
smtpd_end_of_data_restrictions = check_sender_access regexp:{folder}/ended
header_checks = regexp:{folder}/headers
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_authorized_xforward_hosts = 127.0.0.1
smtpd_client_event_limit_exceptions =
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = none
default_process_limit = 40
"""
MASTER = """
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""
# an address says what it is refused with: code-451@example.com
BY_NAME = {
    "mailboxes": r"""
if !/^unknown@/
/^([a-z0-9-]+)@example\.com$/ all/
endif
""",
    "names": r"""
/^code-502\.example$/ 502 Command not implemented
/^code-504\.example$/ 504 Command parameter not implemented
/^code-550\.example$/ 550 Access denied for policy reasons
/^code-421\.example$/ 421 4.3.2 Service shutting down
""",
    "senders": r"""
/^421@/ 421 4.3.2 Service shutting down
/^451@/ 451 4.3.0 Requested action aborted: local error in processing
/^550@/ 550 5.7.1 Sender refused for policy reasons
/^553@/ 553 5.1.7 Sender address not allowed
""",
    "recipients": r"""
/^421@/ 421 4.3.2 Service shutting down
/^450@/ 450 4.2.1 Mailbox temporarily unavailable
/^451@/ 451 4.7.1 Greylisting in action, please come back later
/^551@/ 551 5.7.1 User not local; please try <postmaster@elsewhere.example>
/^552@/ 552 5.2.2 Mailbox full
/^553@/ 553 5.1.3 Mailbox name not allowed
""",
    "data_senders": r"""
/^data-421@/ 421 4.3.2 Service shutting down
/^data-451@/ 451 4.3.0 Requested action aborted: local error in processing
/^data-503@/ 503 5.5.1 Bad sequence of commands
/^data-554@/ 554 5.5.1 No valid recipients
""",
    "ended": r"""
/^message-421@/ 421 4.3.2 Service shutting down
/^message-451@/ 451 4.3.0 Requested action aborted: local error in processing
/^message-452@/ 452 4.3.1 Insufficient system storage
/^message-554@/ 554 5.7.1 Transaction failed
""",
    "headers": "/^X-Refuse:/ REJECT 5.7.1 Message refused for policy reasons",
    "commands": "/^EHLO / STARTTLS",
}
SERVICES: dict[str, str] = {
    "plain": "",
    "small": "-o message_size_limit=20000",
    "full": "-o queue_minfree=4000000000000000 -o message_size_limit=0",
    "few": "-o smtpd_recipient_limit=2",
    "tls": "-o smtpd_tls_security_level=encrypt",
    "closed": "-o smtpd_client_restrictions=reject",
    "single": "-o smtpd_client_connection_count_limit=1 -o smtpd_authorized_xclient_hosts=",
    "old": "-o smtpd_command_filter=regexp:{folder}/commands",
    "auth": "-o smtpd_sasl_auth_enable=yes -o smtpd_sasl_type=dovecot -o smtpd_sasl_path=inet:127.0.0.1:{auth}",
}
"""What each port is told besides; `small`, `full`, `few`: limits; `old`: doesn't know EHLO (takes
it for a STARTTLS, which it has not); `single`: one connection per client,
which those that may say XCLIENT are exempt from."""


@dataclass(frozen=True)
class Postfix:
    """A running instance: its ports by the names of `SERVICES`, and its folder."""

    ports: dict[str, int]
    folder: Path

    def delivered(self) -> list[tuple[str, bytes]]:
        """(recipient, message as stored) of all that has arrived."""
        mails = [path.read_bytes() for path in sorted((self.folder / "mail" / "all" / "new").glob("*"))]
        return [(re.findall(rb"(?m)^Delivered-To: (\S+)$", mail)[0].decode(), mail) for mail in mails]

    def forget(self) -> None:
        """Throw away what has arrived."""
        for path in (self.folder / "mail" / "all" / "new").glob("*"):
            path.unlink()

    @contextmanager
    def one_more(self, name: str) -> Iterator[None]:
        """A connection to this service that is held open, and counted."""
        end = time.monotonic() + START_S
        while True:  # an earlier one may not have been counted off yet
            with socket.create_connection(("127.0.0.1", self.ports[name]), 20) as sock, sock.makefile("rb") as heard:
                if heard.readline().startswith(b"220"):
                    yield
                    return
            assert time.monotonic() < end, f"Postfix keeps refusing: {_log(self.folder)}"
            time.sleep(0.05)

    def idle(self) -> bool:
        """Nothing waits in the queue."""
        return not any(
            path.is_file()
            for name in ("incoming", "active", "deferred")
            for path in (self.folder / "queue" / name).rglob("*")
        )

    def settle(self, seconds: float = 60) -> list[tuple[str, bytes]]:
        """Wait until the queue is empty; what has been delivered."""
        end = time.monotonic() + seconds
        while not self.idle():
            assert time.monotonic() < end, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.05)
        return self.delivered()


def installed() -> None:
    """Skips the test where Postfix can't run."""
    if not Path(DAEMONS, "master").exists():
        pytest.skip("postfix is missing: apt-get install postfix")
    if os.getuid():
        pytest.skip("Postfix's master starts as root only, and these tests don't run as root")


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(p.getsockname()[1]) for p in probes]
    for probe in probes:
        probe.close()
    return ports


def _call(word: str, folder: Path) -> None:
    subprocess.run(
        ["/usr/sbin/postfix", "-c", folder / "etc", word],
        check=word == "start", capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": str(folder / "etc")},
    )  # fmt: skip


def _write(folder: Path, ports: dict[str, int], auth: int) -> None:
    owner, other = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
    folder.chmod(0o755)
    for name, user in (("etc", None), ("queue", None), ("data", owner), ("mail", other)):
        (folder / name).mkdir()
        if user is not None:
            os.chown(folder / name, user.pw_uid, user.pw_gid)
    for name, lines in BY_NAME.items():
        (folder / name).write_text(lines.strip() + "\n")
    (folder / "etc" / "main.cf").write_text(MAIN.format(folder=folder, uid=other.pw_uid, gid=other.pw_gid))
    services = [
        f"127.0.0.1:{ports[name]} inet n - n - - smtpd {options.format(folder=folder, auth=auth)}"
        for name, options in SERVICES.items()
    ]
    (folder / "etc" / "master.cf").write_text("\n".join(services) + MASTER)


@contextmanager
def postfix(auth: int = 1) -> Iterator[Postfix]:
    """Run one instance; stopped and removed at the end.

    Args:
        auth: the port of the authentication server behind `auth`.
    """
    installed()
    folder = Path(tempfile.mkdtemp(prefix="vaurien-postfix-"))
    ports = dict(zip(SERVICES, _free_ports(len(SERVICES)), strict=True))
    try:
        _write(folder, ports, auth)
        _call("start", folder)
        end = time.monotonic() + START_S
        for port in ports.values():
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert time.monotonic() < end, f"Postfix does not answer: {_log(folder)}"
                    time.sleep(0.05)
        yield Postfix(ports, folder)
    finally:
        _call("stop", folder)
        shutil.rmtree(folder, ignore_errors=True)


def _log(folder: Path) -> str:
    log = folder / "log"
    return re.sub(r"\n+", " / ", log.read_text()[-2000:]) if log.exists() else "no log"
