"""Disks that are full: the ledger's and the broker's, as small file systems of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fokusstrom.runtime.ledger import FILE_NAME
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.faults.proof import THROUGH, prove
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

NO_ROOM = "there is no room for"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str, int], Path]]:
    """Mounts a disk of so many megabytes in the test's folder; left out where this user may not mount."""
    mounted: list[Path] = []

    def mount(name: str, megabytes: int) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        done = subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", folder], check=False)
        if done.returncode:
            pytest.skip("needs the right to mount a file system")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["/bin/umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Put a file there that takes all room; return it, to be deleted."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


def test_a_full_disk_under_the_ledger(
    cluster: LocalBroker, tmp_path: Path, small_disk: Callable[[str, int], Path]
) -> None:
    """A worker without room stops with one line and code 1, as often as it is started; with room it goes on."""
    disk = small_disk("0-of-1", 200)
    with Running(cluster.bootstrap, tmp_path) as running:
        running.apply_topics()
        running.start("reporting", "0")
        running.produce(random_history(40, citizens=20))
        running.cut(THROUGH)
        ballast = fill(disk)
        running.produce(random_history(41, citizens=40))
        for _ in range(2):
            assert running.wait_for_death("0") == 1
            assert running.said("0").count(NO_ROOM) == 1, running.said("0")
            assert "Traceback" not in running.said("0")
            assert not (disk / f"{FILE_NAME}.set-aside").exists()
            running.start("0")
        running.kill("0")
        ballast.unlink()
        running.start("0")
        running.wait_until_said("0", "new_ledger=False")
        prove(running, THROUGH)
        assert running.measured("0", "fokusstrom_ledger_bytes") > 0


def test_a_full_disk_under_the_broker(tmp_path: Path, small_disk: Callable[[str, int], Path]) -> None:
    """A broker without room ends; workers wait and say so; once there is room nothing is missing."""
    disk = small_disk("broker", 300)
    with LocalBroker(disk) as broker, Running(broker.bootstrap, tmp_path) as running:
        running.apply_topics()
        running.start("reporting", "0")
        running.produce(random_history(42, citizens=10))
        running.cut(THROUGH)
        ballast = fill(disk)
        sending = running.produce_slowly(random_history(43, citizens=40), rate=200)
        running.wait_until(lambda: not broker.is_running)
        running.wait_until(lambda: bool(running.readyz("reporting")["waits_for"] and running.readyz("0")["waits_for"]))
        ballast.unlink()
        broker.kill()
        broker.start()
        sending.wait(60)
        running.produce([dict(fact) for fact in running.told])
        prove(running, THROUGH)
