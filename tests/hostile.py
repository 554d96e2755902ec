"""A server that sends whatever bytes a test says, a trap that nobody may touch, and a watch over every connection.

The watch is an audit hook that Python itself calls before each connect and each look-up of a name, in every process of a
run: what a run tried to reach is known whatever library tried it.
"""

import ast
import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

WATCH = """
import atexit, os, socket, sys
_log = os.open(os.environ["HANI_WATCH"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_names = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
def _watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        os.write(_log, ("connect %r\\n" % (args[1],)).encode())
    elif event in _names:
        os.write(_log, ("name %r\\n" % (args[0],)).encode())
        if "HANI_NO_NAMES" in os.environ:
            raise socket.gaierror(socket.EAI_NONAME, "no names here")
sys.addaudithook(_watch)
def _peak():  # not of getrusage, which counts what the process had that started this one
    with open("/proc/self/status") as status:
        kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    os.write(_log, b"peak %s\\n" % kilobytes.encode())
atexit.register(_peak)
"""
PAGE = """<html><head><meta charset="utf-8">%(head)s</head><body>
<div class="article-head"><h1 class="title">%(title)s</h1><p class="date-time">Posted on : 2023-06-09 17:50 KST</p></div>
<div class="article-text"><div class="text">%(body)s</div></div></body></html>"""
PROSE = "<p>The county said on Friday that it would open the bridge again in the spring.</p>"


def page(title: str = "Bridge to open", body: str = PROSE, head: str = "") -> bytes:
    """A readable page."""
    return (PAGE % {"title": title, "body": body, "head": head}).encode()


def answer(body: bytes = b"", status: str = "200 OK", headers: Iterable[str] = (), length: int | None = None) -> bytes:
    """A whole answer as bytes; `length` is what it claims."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body


Sends = bytes | Callable[[socket.socket], None]


class HostileServer:
    """Answers each target with its bytes, or lets a function write to the connection; anything else is 404."""

    def __init__(self) -> None:
        self.sends: dict[str, Sends] = {}
        self.asked: list[tuple[str, str]] = []
        self.heads: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (more := connection.recv(65536)):
                head += more
            if not head:
                return
            self.heads.append(head)
            target = head.split(b" ", 2)[1].decode("latin-1")
            host = re.search(rb"^host: *([^\r]*)", head, re.I | re.M)
            self.asked.append((host[1].decode("latin-1") if host else "", target))
            sends = self.sends.get(target, answer(b"no", "404 Not Found"))
            if callable(sends):
                sends(connection)
            else:
                connection.sendall(sends)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


class Trap:
    """Listeners that count who comes, on 127.0.0.1 and, where there is one, ::1, at one port."""

    def __init__(self) -> None:
        self.visitors: list[str] = []
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self._sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listening in self._sockets:
            threading.Thread(target=self._wait, args=(listening,), daemon=True).start()

    def _wait(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, visitor = listening.accept()
                self.visitors.append(str(visitor))
                connection.close()

    def close(self) -> None:
        """Stop listening."""
        for listening in self._sockets:
            listening.close()


class Watch:
    """What the processes of a run tried to reach, and how much memory the largest took."""

    def __init__(self, folder: Path, root: Path) -> None:
        (folder / "guard").mkdir()
        (folder / "guard" / "sitecustomize.py").write_text(WATCH)
        self.log = folder / "watch.log"
        self.environment = {"PYTHONPATH": f"{folder / 'guard'}:{root}", "HANI_WATCH": str(self.log)}

    def _seen(self, kind: str) -> list[str]:
        lines = self.log.read_text().splitlines()
        return [line.removeprefix(f"{kind} ") for line in lines if line.startswith(f"{kind} ")]

    @property
    def connections(self) -> set[tuple[str, int]]:
        """Each address that a connection to was tried."""
        return {ast.literal_eval(found)[:2] for found in self._seen("connect")}

    @property
    def names(self) -> set[str]:
        """Each name that was looked up, and numbers that were looked up as names."""
        found = {ast.literal_eval(name) for name in self._seen("name")}
        return {name.decode() if isinstance(name, bytes) else str(name) for name in found}

    @property
    def peak(self) -> int:
        """The most memory that any of the processes had, in megabytes."""
        return max(int(found) for found in self._seen("peak")) // 1024
