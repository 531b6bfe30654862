"""Simulated files: order, equal bytes, and the same facts in each format."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from fokusstrom.contracts import exchange
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.simulation import ahead, engine
from fokusstrom.simulation.arrival import write
from fokusstrom.simulation.settings import Rates, Settings
from tests import reference

DIRTY = Rates(corrected=0.1, withdrawn=0.1, moved=0.05, changed_numbers=0.1, conflicting=0.02)
SETTINGS = Settings(700, 9, "2019-11", "2020-10", DIRTY)
ENDINGS = (".jsonl", ".jsonl.gz", ".parquet")


@pytest.fixture(scope="module", params=[1, 4], ids=["one chunk", "four chunks"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same simulation in every format."""
    folder = tmp_path_factory.mktemp("simulated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "CHUNK", -(-SETTINGS.citizens // request.param))
        for ending in ENDINGS:
            write(SETTINGS, folder / f"facts{ending}")
    return {ending: folder / f"facts{ending}" for ending in ENDINGS}


def facts_of(path: Path) -> dict[str, pa.Table]:
    """All facts of a file by type, none of them refused."""
    found: dict[str, list[pa.Table]] = {name: [] for name in FACT_TYPES}
    for batch in exchange.read(path):
        assert batch.refusals == []
        for name, facts in batch.facts.items():
            found[name].append(pa.table(facts.columns))
    return {name: pa.concat_tables(tables).combine_chunks() for name, tables in found.items() if tables}


def test_the_three_formats_hold_the_same_facts(files: dict[str, Path]) -> None:
    """JSON Lines, gzipped or not, and Parquet read as the same facts in the same order."""
    lines, packed, columns = (facts_of(files[ending]) for ending in ENDINGS)

    assert lines == columns
    assert packed == lines
    assert set(lines) == set(FACT_TYPES)


def test_every_line_is_a_valid_fact(files: dict[str, Path]) -> None:
    """Nothing of a simulated file is refused, by the reference's reading of the specification."""
    with files[".jsonl"].open("rb") as lines:
        facts, refusals = reference.read_lines(lines)

    assert refusals == []
    assert len(facts) > 5_000


def test_facts_come_in_the_order_of_arrival(files: dict[str, Path]) -> None:
    """All types are interleaved, sorted by `registered_at`."""
    facts = [json.loads(line) for line in files[".jsonl"].read_text("utf-8").splitlines()]
    arrived = [fact["registered_at"] for fact in facts]

    assert arrived == sorted(arrived)
    assert len({fact["type"] for fact in facts[: len(facts) // 2]}) >= 5


def test_a_gzipped_file_is_the_plain_one_and_has_no_time(files: dict[str, Path]) -> None:
    """Unpacked it is the JSON Lines file; its header has neither a time nor a name."""
    packed = files[".jsonl.gz"].read_bytes()

    assert gzip.decompress(packed) == files[".jsonl"].read_bytes()
    assert packed[3:8] == bytes(5)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_seed_gives_the_same_bytes(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs write equal files, with one thread or with two."""
    monkeypatch.setattr(engine, "CHUNK", 200)
    digests = set()
    for threads in (2, 1):
        monkeypatch.setattr(ahead, "_THREADS", threads)
        path = tmp_path / f"{threads}{ending}"
        write(SETTINGS, path)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())

    assert len(digests) == 1


def test_what_was_written_is_counted_and_told(tmp_path: Path) -> None:
    """The counts are those of the file, progress runs from step to step, and nothing else is left behind."""
    told: list[tuple[str, int, int]] = []
    path = tmp_path / "facts.jsonl"
    counts = write(SETTINGS, path, lambda step, done, of: told.append((step, done, of)))

    assert counts == Counter(json.loads(line)["type"] for line in path.read_text("utf-8").splitlines())
    assert {step for step, _, _ in told} == {"simulate", "write"}
    assert all(done == of for step, done, of in (told[0], told[-1]))
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_without_a_known_ending_is_refused(tmp_path: Path) -> None:
    """The message lists the endings there are, and nothing is written."""
    with pytest.raises(ConfigError, match=r"\.jsonl, \.jsonl\.gz, \.parquet"):
        write(SETTINGS, tmp_path / "facts.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The message names the folder."""
    with pytest.raises(ConfigError, match="no such folder"):
        write(SETTINGS, tmp_path / "nowhere" / "facts.jsonl")


def test_a_simulation_broken_off_leaves_no_file(tmp_path: Path) -> None:
    """A file appears complete or not at all."""

    def interrupted(_step: str, _done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(SETTINGS, tmp_path / "facts.jsonl", interrupted)
    assert list(tmp_path.iterdir()) == []
