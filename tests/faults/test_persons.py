"""Pseudonyms that turn out to be one person, and facts that move between persons: under load and with crashes."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Iterable
from itertools import pairwise

import pytest

from tests.broker.running import SECONDS, Running
from tests.builders import FactLine, corrected, link, meeting, outcome, spell, withdrawn
from tests.faults.proof import THROUGH, prove
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

LINKS = 100_000
"""In one go, as when a country's key changes for one citizen in sixty."""


def pseudonym(number: int, place: int) -> str:
    """Give the nth pseudonym of a place: those of one place are neighbours, in slices by turns."""
    return f"{number * 7919 % 2**32:08x}{place:024x}"


def lives(citizens: Iterable[str], source: str) -> list[FactLine]:
    """Give each citizen a spell, meetings that serve, and now and then an outcome."""
    told: list[FactLine] = []
    for number, citizen in enumerate(citizens):
        named = {"citizen": citizen, "source": source}
        told.append(spell("2020-01-01", fact_id=f"s{number}", **named))
        told += [
            meeting(f"2021-0{month}-03 1{number % 8}:00", fact_id=f"m{number}-{month}", **named)
            for month in range(1, 2 + number % 5)
        ]
        if number % 7 == 0:
            told.append(outcome("2021-09-09", fact_id=f"u{number}", **named))
    return told


def test_links_made_and_withdrawn_while_facts_are_corrected(pipeline: Running) -> None:
    """Links between citizens of any slice come, go and come again amid corrections, with a worker killed each time."""
    chance = random.Random(90)
    citizens = [pseudonym(number, 90) for number in range(12)]
    facts = lives(citizens, "momentum:90")
    links = [link(*chance.sample(citizens, 2), fact_id=f"l{number}") for number in range(10)]
    pipeline.produce(facts + links)
    for round_ in range(3):
        told = [withdrawn(one, version=2 * round_ + 2) for one in chance.sample(links, 5)]
        told += [one | {"version": 2 * round_ + 3, "same_as": _other(chance, citizens, one)} for one in links[:4]]
        told += [corrected(one, version=round_ + 2, citizen=chance.choice(citizens)) for one in chance.sample(facts, 8)]
        chance.shuffle(told)
        slice_ = str(round_ % 2)
        pipeline.kill(slice_)
        pipeline.start(slice_, dies_at=("ledger-unwritten", 1 + round_))
        pipeline.produce(told)
        pipeline.kill(slice_)
        pipeline.start(slice_)
        assert pipeline.figures_at(THROUGH) == pipeline.expected(THROUGH)
    prove(pipeline, THROUGH)


def _other(chance: random.Random, citizens: list[str], told: FactLine) -> str:
    return chance.choice([one for one in citizens if one != told["citizen"]])


def test_long_chains_of_links(pipeline: Running) -> None:
    """Three hundred pseudonyms in a chain are one person; cut in the middle they are two; joined again, one."""
    citizens = [pseudonym(number, 91) for number in range(300)]
    links = [link(one, two, fact_id=f"c{n}") for n, (one, two) in enumerate(pairwise(citizens))]
    pipeline.produce(lives(citizens, "momentum:91"))
    random.Random(91).shuffle(links)
    middle = next(one for one in links if one["fact_id"] == "c150")
    for told in (links, [withdrawn(middle, version=2)], [middle | {"version": 3}]):
        pipeline.produce(told)
        assert pipeline.figures_at(THROUGH) == pipeline.expected(THROUGH)
    prove(pipeline, THROUGH)


def test_a_fact_that_moves_and_comes_back(pipeline: Running) -> None:
    """A meeting of A is said to be B's, and A's after all, with crashes between: nobody keeps what isn't theirs."""
    anna, bo = pseudonym(1, 92), pseudonym(2, 92)
    facts = lives([anna, bo], "momentum:92")
    pipeline.produce(facts)
    (moved, *_) = [fact for fact in facts if fact["type"] == "MeetingHeld"]
    for version, (citizen, point) in enumerate(
        [(bo, "send-produced"), (anna, "send-confirmed"), (bo, "ledger-unwritten"), (anna, "ledger-written")], 2
    ):
        for slice_ in ("0", "1"):
            pipeline.kill(slice_)
            pipeline.start(slice_, dies_at=(point, 1))
        pipeline.produce([corrected(moved, version=version, citizen=citizen)])
        for slice_ in ("0", "1"):
            assert pipeline.wait_for_death(slice_) == -signal.SIGKILL
            pipeline.start(slice_)
    prove(pipeline, THROUGH)


def test_a_key_rotation(pipeline: Running) -> None:
    """A hundred thousand citizens get new pseudonyms in one go, while the rest of the input goes on."""
    before = [pseudonym(number, 93) for number in range(LINKS)]
    after = [pseudonym(number + LINKS, 94) for number in range(LINKS)]
    pipeline.produce([spell("2020-01-01", citizen=one, fact_id=f"r{n}") for n, one in enumerate(before)])
    pipeline.cut(THROUGH)
    sending = pipeline.produce_slowly(random_history(93, citizens=10), rate=100)
    begun = time.monotonic()
    pipeline.produce([link(*pair, fact_id=f"r{n}") for n, pair in enumerate(zip(before, after, strict=True))])
    pipeline.produce([meeting("2021-03-03", citizen=one, fact_id=f"r{n}") for n, one in enumerate(after[::10])])
    pipeline.cut(THROUGH)
    print(f"{LINKS} links, and a cut of them, took {time.monotonic() - begun:.1f} s")  # noqa: T201 - measured
    assert sending.wait(SECONDS) == 0
    prove(pipeline, THROUGH)


def test_a_rebuild_after_persons_changed_slices(pipeline: Running) -> None:
    """Links move persons to other slices; a worker that lost its ledger then leaves nothing stale behind."""
    citizens = [pseudonym(number, 95) for number in range(40)]
    pipeline.produce(lives(citizens, "momentum:95"))
    pipeline.cut(THROUGH)
    pipeline.kill("0")
    shutil.rmtree(pipeline.folder / "0-of-2")
    smaller = [f"{number:032x}" for number in range(1000, 1040)]  # by the smallest pseudonym persons have a slice
    pipeline.produce([link(*pair, fact_id=f"z{n}") for n, pair in enumerate(zip(citizens, smaller, strict=True))])
    pipeline.start("0")
    prove(pipeline, THROUGH)
    pipeline.kill("1")
    shutil.rmtree(pipeline.folder / "1-of-2")
    pipeline.produce([withdrawn(link(*pair, fact_id=f"z{n}"), version=2) for n, pair in
                      enumerate(zip(citizens[::2], smaller[::2], strict=True))])  # fmt: skip
    pipeline.start("1")
    prove(pipeline, THROUGH)
