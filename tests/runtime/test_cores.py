"""Work on several cores: the same results in the same order, and no process left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.cores import Cores

PATIENCE = 30.0


def where(number: int) -> tuple[int, int]:
    """Tell who does it; the first ones take longest."""
    time.sleep(0.2 / (1 + number))
    return number, os.getpid()


def refuse(number: int) -> int:
    """Fail at one of them."""
    if number == 3:
        raise ValueError("not this one")
    return number


def be_killed(number: int) -> int:
    """End as a process without memory does."""
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.fixture
def several() -> Iterator[Cores]:
    """Give two cores that are used from the first item on."""
    with Cores(2, alone=0.0) as cores:
        yield cores


def test_side_by_side(several: Cores) -> None:
    """Two others do it, and results come in the order of the items; so they do the next time."""
    for _ in range(2):
        done = list(several(where, range(8)))
        assert [number for number, _ in done] == list(range(8))
        assert len({who for _, who in done}) == 2
        assert os.getpid() not in {who for _, who in done}


@pytest.mark.parametrize("cores", [Cores(1, alone=0.0), Cores(2, alone=PATIENCE)])
def test_here(cores: Cores) -> None:
    """With one core, or where it is done soon, no process is started."""
    with cores:
        assert list(cores(where, range(4))) == [(number, os.getpid()) for number in range(4)]


def test_goes_on_elsewhere() -> None:
    """What takes long is begun here, and gone on with elsewhere."""
    with Cores(2, alone=0.1) as cores:
        done = list(cores(where, range(6)))
    assert [number for number, _ in done] == list(range(6))
    assert done[0][1] == os.getpid() != done[-1][1]


def test_only_the_first(several: Cores) -> None:
    """Who has enough with the first results leaves the others."""
    assert next(several(where, range(1000)))[0] == 0


def test_failure(several: Cores) -> None:
    """What goes wrong elsewhere goes wrong here, after what came before it."""
    results = several(refuse, range(6))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="not this one"):
        next(results)


def test_killed(several: Cores) -> None:
    """When one is killed, whoever waits is told, and what comes next is done by others."""
    with pytest.raises(Unavailable, match="more memory"):
        list(several(be_killed, range(6)))
    assert [number for number, _ in several(where, range(3))] == [0, 1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="who runs is read from /proc")
def test_orphans() -> None:
    """They end with who started them, however that ends."""
    program = "from tests.runtime import test_cores; test_cores.start_and_die()"
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    started = [int(one) for one in done.stdout.split()]
    assert len(started) == 2
    until = time.monotonic() + PATIENCE
    while any(map(_is_there, started)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_is_there, started))


def start_and_die() -> None:
    """Start processes, say which, and be killed."""
    for who in {who for _, who in Cores(2, alone=0.0)(where, range(8))}:
        sys.stdout.write(f"{who}\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def _is_there(process: int) -> bool:
    """Whether a process runs; one that has ended can be listed until somebody asks how."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
