"""A thousand kinds of bad records among good ones, by every way in, and putting back what was refused by our fault."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fokusstrom.contracts.keys import joined
from fokusstrom.contracts.topics import DEAD_LETTERS, REJECTIONS
from fokusstrom.contracts.wire import header
from fokusstrom.domain.refusals import Reason
from tests.broker.running import Running
from tests.broker.test_bad_input import Sent, bad_records, send
from tests.builders import spell
from tests.faults.fuzz import GOOD, kept
from tests.faults.proof import THROUGH, prove
from tests.histories import bad_lines, random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

SEED = 7
MANY = 1000


def mutated(chance: random.Random, value: bytes) -> bytes:
    """Give other bytes than these: flipped, cut, doubled, swapped or put in, in the header or behind it."""
    at, length = chance.randrange(len(value)), chance.randint(1, 6)
    mutants = (
        value[:at],
        value[:at] + bytes([value[at] ^ (1 << chance.randrange(8))]) + value[at + 1 :],
        value[:at] + chance.randbytes(length) + value[at:],
        value[:at] + value[at + length :],
        value[:at] + chance.randbytes(length) + value[at + length :],
        value[:at] + value[at : at + length] + value[at:],
        value[:5] + value[at:] + value[5:at],
        header(chance.choice((0, 1, 2, 3, 7, 2**31 - 1, 2**32 - 1))) + value[5:],
        value[:at] + b"\xff" * 10 + value[at:],
        value + chance.randbytes(length),
    )
    return chance.choice(mutants)


def fuzzed(seed: int) -> list[Sent]:
    """Give many different bad records: mutants of good ones, which no longer are what their keys say."""
    chance = random.Random(seed)
    found: dict[bytes, Sent] = {}
    while len(found) < MANY:
        one = chance.choice(GOOD)
        value = mutated(chance, one.value)
        if value != one.value and (value[5:] != one.value[5:] or value[:5] != one.value[:5]):
            found[value] = Sent(one.topic, one.key, value)
    return [*found.values()]


def _refused_at(running: Running, topic: str) -> Counter[bytes]:
    return Counter(message.key() for message in running.read(topic))


def _wait_for_refusals(running: Running, count: int) -> None:
    running.figures_at(THROUGH)
    running.wait_until(lambda: len(_refused_at(running, DEAD_LETTERS.name)) >= count)


def test_fuzzed_records(pipeline: Running) -> None:
    """Each of a thousand fuzzed records, and of those Atheris found, is in dead letters once and told of once."""
    bad = [*fuzzed(SEED), *kept()]
    pipeline.produce(random_history(60, citizens=8))
    send(pipeline, bad[: MANY // 2])
    pipeline.produce(random_history(61, citizens=8))
    send(pipeline, bad[MANY // 2 :])
    pipeline.kill("0")
    pipeline.start("0")
    prove(pipeline, THROUGH)
    _wait_for_refusals(pipeline, len(bad))
    for topic in (DEAD_LETTERS.name, REJECTIONS.name):
        refused = _refused_at(pipeline, topic)
        assert len(refused) == len(bad), topic
    assert set(_refused_at(pipeline, DEAD_LETTERS.name)) == set(_refused_at(pipeline, REJECTIONS.name))
    assert pipeline.measured("1", "fokusstrom_refused_total") >= len(bad)


def test_bad_lines_of_json_and_parquet(pipeline: Running) -> None:
    """Bad lines and rows are refused before they are sent, each with its place; the good ones beside them count."""
    bad = [line for line, _ in bad_lines(SEED) if b"\n" not in line]
    before = len(_refused_at(pipeline, DEAD_LETTERS.name))
    file = pipeline.folder / "bad.jsonl"
    good = random_history(62, citizens=6)
    lines = [*bad, *(json.dumps(fact).encode() for fact in good)]
    random.Random(SEED).shuffle(lines)
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    done = pipeline.run("produce", "--facts", str(file))
    assert done.returncode == 1
    assert f"{len(bad):,} lines refused" in done.stdout
    pipeline.told += good
    _produce_bad_rows(pipeline)
    prove(pipeline, THROUGH)
    assert len(_refused_at(pipeline, DEAD_LETTERS.name)) == before


def _produce_bad_rows(pipeline: Running) -> None:
    good = spell("2020-05-05", citizen="d" * 32)
    wrong: dict[str, list[object]] = {
        "municipality": ["999", "75", ""],
        "starts_on": ["2021-02-29", "1899-12-31", None],
        "version": [-1, -(2**40)],
        "target_group": [0, 14],
        "benefit": ["NONE", "", None],
        "citizen": ["0101801234", "D" * 32, None],
        "type": ["Spell", "", None],
        "registered_at": ["2021-01-01", "2021-01-01T00:00:00", None],
    }
    bad = [good | {name: value} for name, values in wrong.items() for value in values]
    pq.write_table(pa.Table.from_pylist([good, *bad]), pipeline.folder / "bad.parquet")
    done = pipeline.run("produce", "--facts", str(pipeline.folder / "bad.parquet"))
    assert done.returncode == 1
    assert f"{len(bad)} lines refused" in done.stdout, done.stdout + done.stderr
    pipeline.told.append(good)


@pytest.fixture
def refusing_offers(pipeline: Running) -> Iterator[Running]:
    """The pipeline with workers that are older than its senders."""
    for name in ("0", "1"):
        pipeline.stop_one(name)
        pipeline.start(name, program=("tests.faults.older",))
    yield pipeline
    pipeline.start(*({"0", "1"} - pipeline.processes.keys()))


def test_a_redrive_after_a_fix_counts_once(refusing_offers: Running) -> None:
    """What an older worker refused is named, shown and sent again once it is replaced, and counts once."""
    facts = random_history(63, citizens=8)
    offers = {joined(*(fact[name] for name in ("source", "fact_id", "version"))): fact for fact in facts
              if fact["type"] == "OfferParticipation"}  # fmt: skip
    assert offers
    refusing_offers.produce(facts)
    refusing_offers.figures_at(THROUGH)
    reason = ("--reason", Reason.UNKNOWN_SCHEMA.value, "--topic", "offer.v1")
    refusing_offers.wait_until(lambda: len(_listed(refusing_offers, *reason)) >= len(offers))
    where = _listed(refusing_offers, *reason)[0].split()[0]
    shown = refusing_offers.run("dead-letters", "show", where).stdout
    assert "key:      OfferParticipation/" in shown
    for name in ("0", "1"):
        refusing_offers.stop_one(name)
        refusing_offers.start(name)
    for _ in range(2):
        done = refusing_offers.run("dead-letters", "redrive", *reason)
        assert done.returncode == 0, done.stderr
        prove(refusing_offers, THROUGH)


def _listed(running: Running, *options: str) -> list[str]:
    done = running.run("dead-letters", "list", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_may_be_a_personal_number_is_not_sent_again(pipeline: Running) -> None:
    """A withheld record can't be put back: the command says so, with code 1, and names no number."""
    (personal,) = [sent for reason, sent in bad_records() if reason is Reason.BAD_PSEUDONYM]
    send(pipeline, [personal])
    reason = ("--reason", Reason.BAD_PSEUDONYM.value)
    pipeline.figures_at(THROUGH)
    pipeline.wait_until(lambda: bool(_listed(pipeline, *reason)))
    done = pipeline.run("dead-letters", "redrive", *reason)
    assert done.returncode == 1
    assert "1 can't be" in done.stdout
    assert pipeline.run("dead-letters", "redrive").returncode == 2
    assert pipeline.run("dead-letters", "show", "meeting-held.v1/0/999999").returncode == 2
