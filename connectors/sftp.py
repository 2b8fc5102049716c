"""A drop folder across SFTP (the extra `sftp`: paramiko). The server must prove that it is the one we mean.

`sftp://user:password@host:22/path?host_key=SHA256:…` pins the server's key (as `ssh-keygen -lf` prints it); without it
the server must stand in the account's known_hosts. `?key_file=/path` signs in with a private key.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from connectors.drop_folder import DropFolder
from connectors.failures import Damage
from connectors.source import ReadSettings


def sftp_folder(url: str, settings: ReadSettings) -> DropFolder:
    """Return the folder at `url`, connected. Raises paramiko's errors: no route, wrong password, another host key."""
    try:
        import paramiko
        from fsspec.implementations.sftp import SFTPFileSystem
    except ImportError:
        raise Damage("缺少 SFTP 支持 support of SFTP is not installed", "pip install cityhub[sftp]") from None
    address = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(address.query).items()}
    # a plus sign of Base64 reads as a blank in a query
    pinned = options.get("host_key", "").removeprefix("SHA256:").replace(" ", "+")

    class Pinned(paramiko.MissingHostKeyPolicy):
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            digest = hashlib.sha256(key.asbytes()).digest()
            if base64.b64encode(digest).decode().rstrip("=") != pinned.rstrip("="):
                raise paramiko.BadHostKeyException(hostname, key, key)

    class CheckedSftp(SFTPFileSystem):  # type: ignore[misc]
        """The filesystem as it is, but for the host key: there any server is believed."""

        cachable = False

        def _connect(self) -> None:
            self.client = paramiko.SSHClient()
            if pinned:
                self.client.set_missing_host_key_policy(Pinned())
            else:
                self.client.load_system_host_keys()
                self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
            self.client.connect(self.host, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
            self.ftp.get_channel().settimeout(settings.silent_seconds)

    patience = settings.connect_seconds
    filesystem = CheckedSftp(
        address.hostname or "",
        port=address.port or 22,
        username=unquote(address.username or ""),
        password=unquote(address.password) if address.password else None,
        key_filename=options.get("key_file"),
        timeout=patience,
        banner_timeout=patience,
        auth_timeout=patience,
        allow_agent=False,
        look_for_keys=False,
    )
    return DropFolder(filesystem, unquote(address.path) or "/", remote=True)
