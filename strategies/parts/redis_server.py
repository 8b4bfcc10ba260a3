"""A Redis server of one's own, and the few words of its protocol that a trial needs.

The server listens on a free loopback port and keeps nothing on disk. It ends with the interpreter
that started it; where a signal ends that, the lab ends both. The client speaks RESP2 over one
socket, pipelined: standard library only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Iterable

from strategies.errors import UsageError

_START_S = 10.0
Reply = bytes | int | list[bytes] | None


def redis_binary() -> str | None:
    """Return where redis-server is, or None."""
    return shutil.which("redis-server")


class RedisServer:
    """One redis-server on a free loopback port.

    Raises
    ------
    UsageError
        The binary is not there, or the server does not come up.
    """

    def __init__(self) -> None:
        binary = redis_binary()
        if binary is None:
            raise UsageError("redis-server is not installed: apt-get install redis-server")
        self._folder = tempfile.TemporaryDirectory(prefix="gclab-redis-")
        self.port = _free_port()
        self._process = subprocess.Popen(
            [
                *(binary, "--bind", "127.0.0.1", "--port", str(self.port)),
                *("--save", "", "--appendonly", "no", "--dir", self._folder.name),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._end = weakref.finalize(self, _stop, self._process)
        _move_elsewhere(self._process.pid)
        try:
            self.client = self.connect()
        except UsageError:
            self.close()
            raise

    def connect(self) -> RedisClient:
        """Open a connection of one's own."""
        return RedisClient(_connect(self.port))

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def close(self) -> None:
        """End the server; may be called twice."""
        if client := getattr(self, "client", None):
            client.close()
        self._end()
        self._folder.cleanup()


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(timeout=5)
    if server.poll() is None:
        server.kill()
        server.wait()


def _move_elsewhere(pid: int) -> None:
    """Take the server off the core that this process is pinned to: a database has its own."""
    others = set(range(os.cpu_count() or 1)) - os.sched_getaffinity(0)
    if others:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(pid, others)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _connect(port: int) -> socket.socket:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            if time.monotonic() > deadline:
                raise UsageError("redis-server did not come up") from None
            time.sleep(0.02)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


class RedisClient:
    """Commands out in one write, replies in as many reads as it takes."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._replies = connection.makefile("rb")

    def call(self, *words: bytes) -> Reply:
        """Send one command and return its reply."""
        self._socket.sendall(_encode(words))
        return self._reply()

    def pipeline(self, commands: Iterable[tuple[bytes, ...]]) -> list[Reply]:
        """Send several commands at once and return their replies in order."""
        encoded = [_encode(words) for words in commands]
        self._socket.sendall(b"".join(encoded))
        return [self._reply() for _ in encoded]

    def _reply(self) -> Reply:
        line = self._replies.readline()
        if not line:
            raise ConnectionError("redis-server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(f"redis: {rest.decode(errors='replace')}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self._replies.read(length + 2)[:-2]
        if kind == b"*":
            return [_text(self._reply()) for _ in range(int(rest))]
        return rest

    def close(self) -> None:
        """Close the connection."""
        self._replies.close()
        self._socket.close()


def _encode(words: tuple[bytes, ...]) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
    return b"".join(parts)


def _text(reply: Reply) -> bytes:
    if isinstance(reply, bytes):
        return reply
    raise RuntimeError(f"redis: unexpected {reply!r} inside an array")
