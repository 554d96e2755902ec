"""Real servers on loopback that take what is sent: one of SMTP with STARTTLS and AUTH, one of HTTP."""

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve on a thread for a block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- mail ------------------------------------------------------------------------------------------------------------


@dataclass
class Mailbox:
    """What an SMTP server took, and who logged in: (user, password, whether over TLS)."""

    port: int
    certificate: Path | None
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    @property
    def messages(self) -> list[Message]:
        return [message_from_bytes(raw, policy=default) for raw in self.raw]


class _Smtp(socketserver.StreamRequestHandler):
    """One connection, by RFC 5321, 3207 (STARTTLS) and 4954 (AUTH)."""

    server: "_SmtpServer"
    secure = False
    known = False

    def handle(self) -> None:
        self.sender, self.recipients = "", list[str]()
        self.say("220 mail.example ESMTP")
        while line := self.rfile.readline(4096):
            verb, _, rest = line.decode("ascii").strip().partition(" ")
            if verb.upper() == "QUIT":
                self.say("221 bye")
                return
            answer = getattr(self, f"on_{verb.lower()}", None)
            self.say("502 not known") if answer is None else answer(rest)

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()

    def on_ehlo(self, _: str) -> None:
        more = ["250-AUTH PLAIN LOGIN"] if self.secure or self.server.tls is None else ["250-STARTTLS"]
        self.say("250-mail.example", *more, "250 8BITMIME")

    def on_starttls(self, _: str) -> None:
        self.say("220 go ahead")
        assert self.server.tls is not None
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.secure = True

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the server knows only the socket below TLS

    def on_auth(self, rest: str) -> None:
        method, _, first = rest.partition(" ")
        if method.upper() == "PLAIN":
            _, user, password = base64.b64decode(first or self.ask("")).decode().split("\0")
        else:
            user = base64.b64decode(first or self.ask("VXNlcm5hbWU6")).decode()
            password = base64.b64decode(self.ask("UGFzc3dvcmQ6")).decode()
        self.server.box.logins.append((user, password, self.secure))
        self.known = self.server.password in (None, password)
        self.say("235 welcome" if self.known else f"535 5.7.8 {password} is not the password")

    def ask(self, challenge: str) -> str:
        self.say(f"334 {challenge}")
        return self.rfile.readline(4096).decode("ascii").strip()

    def on_mail(self, rest: str) -> None:
        if self.server.password is not None and not self.known:
            return self.say("530 5.7.0 log in first")
        self.sender = rest.partition("<")[2].partition(">")[0]
        self.say("250 ok")

    def on_rcpt(self, rest: str) -> None:
        self.recipients.append(rest.partition("<")[2].partition(">")[0])
        self.say("250 ok")

    def on_data(self, _: str) -> None:
        self.say("354 go ahead")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.box.raw.append(b"".join(lines))
        self.server.box.envelopes.append((self.sender, self.recipients))
        self.say("250 taken")

    def on_rset(self, _: str) -> None:
        self.say("250 ok")


class _SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, certificate: Path | None, password: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Smtp)
        self.box = Mailbox(self.server_address[1], certificate)
        self.password = password
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)


@contextmanager
def mail_server(folder: Path | None = None, password: str | None = None) -> Iterator[Mailbox]:
    """An SMTP server; with a folder for its certificate it takes no AUTH but over STARTTLS."""
    server = _SmtpServer(certificate(folder) if folder else None, password)
    with serving(server):
        yield server.box


def certificate(folder: Path) -> Path:
    """A certificate for `localhost`, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


# --- HTTP ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Hook:
    """A receiver of webhooks and pings; `status` and `location` are what it answers."""

    port: int
    status: int = 200
    location: str | None = None
    received: list[Received] = field(default_factory=list)

    @property
    def pings(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.received]


@contextmanager
def hook_server() -> Iterator[Hook]:
    """A receiver on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8")
            hook.received.append(Received(self.command, self.path, dict(self.headers), body))
            self.send_response(hook.status)
            if hook.location:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Hook(server.server_address[1])
    with serving(server):
        yield hook


@contextmanager
def silent_server() -> Iterator[int]:
    """A server that takes connections and never says a word; its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:
        yield listening.getsockname()[1]
