"""The demo's folder: everything that it makes is in it, and a new start clears what an earlier one left."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fokusstrom.domain.errors import ConfigError

_SIGN = "this-folder-is-of-fokusstrom-demo"
"""Only a folder that has this file is ever cleared."""


@contextmanager
def own_folder(path: Path) -> Iterator[Path]:
    """Have the folder alone, and empty.

    Raises `ConfigError` when it holds something that no demo made, or while another demo runs in it.
    """
    folder = path.absolute()
    sign = folder / _SIGN
    try:
        if folder.exists() and any(folder.iterdir()) and not sign.exists():
            raise ConfigError(f"{path} holds something that no demo made: name another folder with --data")
        folder.mkdir(parents=True, exist_ok=True)
        lock = sign.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} can't be used ({error.strerror}): name another folder with --data") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"another demo runs in {path}: stop it, or name another folder with --data") from None
        _clear(folder)
        yield folder


def _clear(folder: Path) -> None:
    for one in folder.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        elif one.name != _SIGN:
            one.unlink()
