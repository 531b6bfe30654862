"""How each system's program is started, and what is fetched for it on the first time."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks.peers.work import Task
from fokusstrom.runtime import _kafka_jars

_HERE = Path(__file__).parent
_STREAMS = (
    f"org.apache.kafka:kafka-streams:{_kafka_jars.KAFKA_VERSION}"
    "+org.slf4j:slf4j-simple:1.7.36"
    "+org.eclipse.jdt:ecj:3.46.0"  # compiles with the Java runtime alone: the wheel has no javac
)
_CLASS = "KafkaStreamsCounting"

Say = Callable[[str], None]


def command(system: str, task: Task, say: Say) -> list[str]:
    """Give the command line that has a system do a task."""
    match system:
        case "kafka_streams":
            return [*_kafka_streams(say), *_java_arguments(task, "at_least_once")]
        case "kafka_streams_exactly_once":
            return [*_kafka_streams(say), *_java_arguments(task, "exactly_once_v2")]
        case "quix":
            return [str(_quix_python(say)), "-m", "benchmarks.peers.quix", json.dumps(asdict(task))]
        case _:
            return [sys.executable, "-m", f"benchmarks.peers.{_MODULES[system]}", json.dumps(asdict(task))]


_MODULES = {"ours": "ours", "faust": "faust_table", "loop": "loop", "consume_decode": "decode"}


def _java_arguments(task: Task, guarantee: str) -> list[str]:
    return [task.bootstrap, task.topic, guarantee, str(task.meetings), str(task.warm), task.folder]


def _kafka_streams(say: Say) -> list[str]:
    """Compile the program where it isn't yet; its source's time says which one it is."""
    jars = _kafka_jars.fetched(f"kafka-streams-{_kafka_jars.KAFKA_VERSION}-ecj", _STREAMS, os.environ, say)
    java, source = str(_kafka_jars.java()), _HERE / f"{_CLASS}.java"
    path = os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar")))
    classes = Path(tempfile.gettempdir()) / f"{_CLASS}-{os.getuid()}-{source.stat().st_mtime_ns}"
    if not classes.is_dir():
        (compiler,) = jars.glob("ecj-*.jar")
        subprocess.run([java, "-jar", str(compiler), "-21", "-cp", path, "-d", str(classes), str(source)], check=True)
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return [java, "-Xmx1g", quiet, "-cp", f"{classes}{os.pathsep}{path}", _CLASS]


def _quix_python(say: Say) -> Path:
    """Make an environment of the locked packages, once for all checkouts."""
    lock = _HERE / "quix.lock"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fokusstrom"
    cache.mkdir(parents=True, exist_ok=True)
    environment = cache / f"quix-{sys.version_info.major}.{sys.version_info.minor}"
    installed = environment / "installed.lock"
    with (cache / "quix-lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not installed.is_file() or installed.read_bytes() != lock.read_bytes():
            say("setting up Quix Streams (a minute, once)")
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
            pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
            subprocess.run([*pip, "-r", str(lock)], check=True)
            shutil.copy(lock, installed)
    return environment / "bin" / "python"
