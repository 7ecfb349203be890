"""Make a certificate that a proxy can show to its clients, by an authority of your own.

Writes ca.pem, cert.pem and key.pem, and says what the profile and the clients need. A profile can do without, by
`certificate = auto`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vaurien_core.certificates import NAMES, CertificateError, Made, auto_certificate
from vaurien_core.certificates.files import write_private

FILES = ("ca.pem", "cert.pem", "key.pem")
TEXT = """\
{ca}    the authority, for clients to trust
{cert}  for {names}; until {until:%Y-%m-%d}
{key}   its key; keep it to yourself

What the proxy needs in the profile:
  tls = terminate
  certificate = {cert}
  key = {key}

How clients trust it:
  curl --cacert {ca} https://{host}:PORT/
  SSL_CERT_FILE={ca} COMMAND              programs with OpenSSL: Python's ssl, httpx, Ruby
  REQUESTS_CA_BUNDLE={ca} COMMAND         requests
  pymysql.connect(host="{host}", ssl={{"ca": "{ca}"}})
  redis.Redis("{host}", ssl=True, ssl_ca_certs="{ca}")
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `vaurien certificate`."""
    always = ", ".join(NAMES)
    parser.add_argument("folder", metavar="DIR", type=Path, help="where to write; made if it isn't there")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help=f"a DNS name or address of clients' besides {always}",
    )
    parser.add_argument("--force", action="store_true", help="replace the files that are there")


def run(args: argparse.Namespace) -> int:
    """Write the three files; returns 0."""
    folder = args.folder.absolute()
    there = [name for name in FILES if (folder / name).exists()]
    if there and not args.force:
        raise CertificateError(
            f"{folder}: expected a folder without {' and '.join(there)}; name another one, or replace by --force."
        )
    made = auto_certificate(args.name)
    ca, cert, key = (folder / name for name in FILES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_private(ca, made.authority.read_text(encoding="ascii"), mode=0o644)
        write_private(cert, made.certificate_pem, mode=0o644)
        write_private(key, made.key_pem)
    except OSError as error:
        raise CertificateError(
            f"{error.filename or folder}: certificates can't be written there ({error.strerror}); name another folder."
        ) from error
    print(_text(made, ca, cert, key), end="")
    return 0


def _text(made: Made, ca: Path, cert: Path, key: Path) -> str:
    names = ", ".join(made.names)
    return TEXT.format(ca=ca, cert=cert, key=key, names=names, until=made.until, host=made.names[0])
