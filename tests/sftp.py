"""An SFTP server of the tests' own: one folder, one user, one password, on the loopback, in this process."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "drop", "let-me-in"


@dataclass(frozen=True)
class Running:
    """Where the server listens and what its key looks like; while `stalled` is set it answers no read."""

    port: int
    key: str
    stalled: threading.Event = field(default_factory=threading.Event)

    def url(self, password: str = PASSWORD, key: str | None = None) -> str:
        pinned = self.key if key is None else key
        query = f"?host_key=SHA256:{pinned}" if pinned else ""
        return f"sftp://{USER}:{password}@127.0.0.1:{self.port}/{query}"


class _Door(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _Handle(paramiko.SFTPHandle):
    """An open file whose reading stands still while `stalled` is set."""

    stalled: threading.Event

    def read(self, offset: int, length: int) -> Any:
        while self.stalled.is_set():
            time.sleep(0.05)
        return super().read(offset, length)


class _Files(paramiko.SFTPServerInterface):
    root: Path
    stalled: threading.Event

    def _path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def _answer(self, call: Any) -> Any:
        try:
            return call()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def list_folder(self, path: str) -> Any:
        def listed() -> list[paramiko.SFTPAttributes]:
            return [paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name) for entry in self._path(path).iterdir()]

        return self._answer(listed)

    def stat(self, path: str) -> Any:
        return self._answer(lambda: paramiko.SFTPAttributes.from_stat(self._path(path).stat()))

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        def opened() -> paramiko.SFTPHandle:
            handle = _Handle(flags)
            handle.stalled = self.stalled
            handle.readfile = self._path(path).open("rb")
            return handle

        return self._answer(opened)

    def rename(self, oldpath: str, newpath: str) -> Any:
        return self._answer(lambda: self._path(oldpath).rename(self._path(newpath)) and paramiko.SFTP_OK)

    posix_rename = rename

    def mkdir(self, path: str, attr: Any) -> Any:
        return self._answer(lambda: Path(self._path(path)).mkdir() or paramiko.SFTP_OK)


@contextlib.contextmanager
def server(root: Path) -> Iterator[Running]:
    """Serve `root` until the end of the block."""
    key = paramiko.ECDSAKey.generate()
    stalled = threading.Event()
    files = type("Files", (_Files,), {"root": root, "stalled": stalled})
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
            with contextlib.suppress(paramiko.SSHException, EOFError):
                transport.start_server(server=_Door())

    threading.Thread(target=serve, daemon=True).start()
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    try:
        yield Running(listener.getsockname()[1], digest, stalled)
    finally:
        stalled.clear()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in transports:
            transport.close()
