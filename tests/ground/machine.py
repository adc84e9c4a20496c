"""What kind of machine is this, and how does it install things?"""

import os
import shutil
import socket
import subprocess
from pathlib import Path


class Missing(Exception):
    """Something the tests stand on cannot be had here; the message is a sentence for a person."""


def on_ci() -> bool:
    """On CI a missing part is a failure, at home it is a loud line."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def distribution() -> str:
    """What /etc/os-release calls this system: debian, ubuntu, fedora; empty where there is no such file."""
    release = Path("/etc/os-release")
    if not release.is_file():
        return ""
    lines = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line)
    return lines.get("ID", "").strip('"')


def apt_install(package: str) -> bool:
    """Install a Debian package, as root; True when apt says that it is there now."""
    if not shutil.which("apt-get"):
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        done = subprocess.run(["apt-get", "--quiet", *words], env=quiet, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            return False
    return True


def memory(room: int = 4 * 2**30) -> Path | None:
    """The folder that lies in memory, where this system has one with so many bytes free."""
    folder = Path("/dev/shm")
    if folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= room:
        return folder
    return None


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
