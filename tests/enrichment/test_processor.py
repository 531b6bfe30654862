"""Whatever comes in whatever order, a worker says what the reference says of the facts so far."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain import refold, rule_set
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.rules_and_figures import FIGURES, cell_columns
from tests import reference
from tests.builders import ANNA, BO, FactLine
from tests.effort import one_in, seeds
from tests.enrichment.pipeline import Log, StoppedError, Topics, Worker, live_tables, summed, told_meetings
from tests.histories import histories, random_history

THROUGH = (date(2021, 12, 31), date(2021, 6, 30), date(2020, 12, 15), date(2022, 3, 31))


class Run:
    """A history told piece by piece to workers that read, stop, start and answer cuts by chance."""

    def __init__(self, history: Sequence[FactLine], slices: int, chance: random.Random, folder: Path) -> None:
        """Start the workers on an empty log."""
        self.history = history
        self.chance = chance
        self.folder = folder
        self.log = Log(chance.choice((1, 2)))
        self.topics = Topics()
        self.workers = [
            Worker(self.log, folder / str(number), self.topics, Slice(number, slices)) for number in range(slices)
        ]
        self.told: list[FactLine] = []
        self.through: date | None = None

    def pieces(self, most: int) -> Iterator[Sequence[FactLine]]:
        """Tell the history in at most so many pieces, some facts of earlier ones again."""
        ends = sorted(self.chance.randint(0, len(self.history)) for _ in range(most - 1))
        for start, end in zip([0, *ends], [*ends, len(self.history)], strict=True):
            piece = list(self.history[start:end])
            again = self.chance.sample(self.told, min(len(self.told), self.chance.randrange(3)))
            self.log.tell(piece + again, self.chance)
            self.told += piece
            yield piece

    def cut(self) -> None:
        """Make a cut at any end date, and let the workers read, in any order and batches, until all answered."""
        self.through = self.chance.choice(THROUGH)
        self.log.mark(self.through, len(self.workers))
        self.read_all()

    def read_all(self) -> None:
        """Let the workers read all there is."""
        for worker in self.chance.sample(self.workers, len(self.workers)):
            worker.read_all(self.chance, self.chance.choice((40, 150, 3000)))

    def stop(self) -> None:
        """Let go of the ledgers."""
        for worker in self.workers:
            worker.stop()

    def expected(self) -> dict[str, str]:
        """Compute the tables of all that was told, under the newest cut's end date."""
        assert self.through is not None
        return reference.tables(self.told, self.through)

    def check_cut(self) -> None:
        """Check the sum of all slices' figures of the newest cut."""
        mark = self.log.newest_mark
        assert mark is not None
        assert summed(self.topics.of_cut(mark.number).values(), mark.through) == self.expected()

    def check_live(self) -> None:
        """Check what is said now, when all that was told has been read."""
        assert self.through is not None
        assert live_tables(self.topics, self.through) == self.expected()
        assert told_meetings(self.topics) == reference.enriched(self.told, self.through)


def _play(run: Run, *, restarts: bool) -> None:
    for _ in run.pieces(3):
        for worker in run.workers:
            worker.read_some(run.chance)
            if restarts and run.chance.random() < 0.3:
                worker.restart()
        if run.through is None or run.chance.random() < 0.6:
            run.cut()
            run.check_cut()
        run.read_all()
        run.check_live()
    run.stop()


@pytest.fixture(scope="module", autouse=True)
def _few_are_concerned() -> Iterator[None]:
    """Where only the end date moves, fold who is concerned however many of these few citizens are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refold, "_FEW", 2.0)
        yield


@pytest.fixture(scope="module")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Give a new folder for each example."""
    return lambda: tmp_path_factory.mktemp("ledgers")


@one_in(20)
@given(histories(), st.sampled_from((1, 1, 2, 3)), st.booleans(), st.randoms(use_true_random=False))
def test_drawn_histories(
    new_folder: Callable[[], Path],
    history: list[FactLine],
    slices: int,
    restarts: bool,  # noqa: FBT001 - drawn
    chance: random.Random,
) -> None:
    """After each batch the newest values say what all facts so far come to; after each cut, its figures do."""
    _play(Run(history, slices, chance, new_folder()), restarts=restarts)


@pytest.mark.parametrize("slices", [1, 3])
@pytest.mark.parametrize("seed", seeds(1))
def test_random_histories(new_folder: Callable[[], Path], seed: int, slices: int) -> None:
    """With one slice or three, stopped and started again, over a history of a country."""
    run = Run(random_history(seed, citizens=4), slices, random.Random(f"{seed}/{slices}"), new_folder())
    _play(run, restarts=True)


@pytest.mark.parametrize("seed", seeds(1))
def test_batches_of_one_type(new_folder: Callable[[], Path], seed: int) -> None:
    """Facts of one type after those of another: only what they can change is folded, and every cell is as of all."""
    history, chance = random_history(seed, citizens=6), random.Random(seed)
    known = chance.sample(history, len(history) // 2)
    run = Run(known, 1, chance, new_folder())
    run.told = known
    run.log.tell(known, chance)
    run.cut()
    (worker,) = run.workers
    types = sorted({str(fact["type"]) for fact in history})
    for type_ in chance.sample(types, len(types)):
        of_type = [fact for fact in history if fact["type"] == type_ and fact not in known]
        run.told = run.told + of_type
        run.log.tell(of_type, chance)
        run.read_all()
        run.check_live()
        with worker.ledger.transaction():
            worker.processor._outputs.counted.gather()
        assert _cells(worker, "cells_") == _whole(worker, run)
        for name in FIGURES:
            wrong = f"FROM cells_{name} WHERE place_code <> place_code(municipality, period)"
            assert not worker.ledger.connection.execute(wrong).fetchall()
    run.stop()


def _whole(worker: Worker, run: Run) -> dict[str, Counter[Any]]:
    assert run.through is not None
    fold = Fold(worker.ledger.connection, rule_set.in_force(), run.through, Slice())
    fold.begin()
    fold.collect()
    fold.run()
    return _cells(worker, "folded_")


def _cells(worker: Worker, prefix: str) -> dict[str, Counter[Any]]:
    connection = worker.ledger.connection
    cells = {name: ", ".join(cell_columns(figure)) for name, figure in FIGURES.items()}
    return {
        name: Counter(connection.execute(f"SELECT {columns} FROM {prefix}{name}").fetchall())
        for name, columns in cells.items()
    }


@pytest.mark.parametrize("seed", seeds(1))
def test_rebuild(new_folder: Callable[[], Path], seed: int) -> None:
    """A worker without a ledger reads the log from its start, and answers the newest cut byte for byte."""
    run = Run(random_history(seed, citizens=4), 1, random.Random(seed), new_folder())
    for _ in run.pieces(3):
        run.cut()
    assert run.log.newest_mark is not None
    anew = Topics()
    rebuilt = Worker(run.log, run.folder / "anew", anew)
    rebuilt.read_all(run.chance)
    number = run.log.newest_mark.number
    assert anew.of_cut(number) == run.topics.of_cut(number)
    assert anew.of_cut(number - 1) == {}
    assert live_tables(anew, run.log.newest_mark.through) == run.expected()
    rebuilt.stop()
    run.stop()


@pytest.mark.parametrize("seed", seeds(1))
def test_what_was_said(new_folder: Callable[[], Path], seed: int) -> None:
    """What a worker remembers of meetings after batches and cuts is what one says that reads all anew."""
    run = Run(random_history(seed, citizens=6), 1, random.Random(seed), new_folder())
    (worker,) = run.workers
    changed = 0
    for number, _ in enumerate(run.pieces(6)):
        if number:
            worker.read_all(run.chance, 40)
            ((since,),) = worker.ledger.connection.execute("SELECT count(*) FROM said_since").fetchall()
            changed += since
        run.log.mark(THROUGH[number % 2])
        worker.read_all()
    assert changed
    anew = Worker(run.log, run.folder / "anew", Topics())
    anew.read_all()
    said = "SELECT source, fact_id, slot, said, person FROM said_of_meetings"
    remembered, all_anew = (Counter(one.ledger.connection.execute(said).fetchall()) for one in (worker, anew))
    assert remembered == all_anew
    assert remembered.total()
    anew.stop()
    run.stop()


@pytest.mark.parametrize("seed", seeds(1))
def test_crash(new_folder: Callable[[], Path], seed: int) -> None:
    """Killed while it sends, a worker says the same when it starts again: nothing lost, nothing twice."""
    chance = random.Random(seed)
    run = Run(random_history(seed, citizens=4), 1, chance, new_folder())
    (worker,) = run.workers
    for _ in run.pieces(3):
        run.through = chance.choice(THROUGH)
        run.log.mark(run.through)
        run.topics.breaks_after = chance.randrange(5)
        try:
            worker.read_all(chance, 60)
        except StoppedError:
            worker.stop()
            run.topics.breaks_after = None
            worker.start()
        run.topics.breaks_after = None
        worker.read_all(chance)
        run.check_cut()
        run.check_live()
    run.stop()


@pytest.mark.parametrize("slices", [1, 3])
@pytest.mark.parametrize("seed", seeds(1))
def test_a_lost_ledger_leaves_nothing_stale(new_folder: Callable[[], Path], seed: int, slices: int) -> None:
    """What a worker said in an earlier life, and would not say again, is taken back when its ledger is lost."""
    run = Run(random_history(seed, citizens=4), slices, random.Random(seed), new_folder())
    for _ in run.pieces(2):
        run.cut()
    withdrawn = [fact | {"version": 10**6, "deleted": True} for fact in run.told if fact["type"] == "MeetingHeld"][::2]
    for worker in run.workers:
        worker.stop()
        worker.folder = new_folder()
    run.log.tell(withdrawn, run.chance)
    run.told += withdrawn
    assert run.through is not None
    run.log.mark(run.through, slices)
    for worker in run.workers:
        worker.start()
        worker.read_all(run.chance)
    run.check_live()
    run.stop()


@pytest.mark.parametrize("slices", [2])
@pytest.mark.parametrize("seed", seeds(1))
def test_an_old_ledger_leaves_nothing_stale(new_folder: Callable[[], Path], seed: int, slices: int) -> None:
    """What a worker said after its ledger was copied, and with the copy would not come to say, is taken back."""
    run = Run(random_history(seed, citizens=4), slices, random.Random(f"{seed}/{slices}"), new_folder())
    for _ in run.pieces(2):
        run.cut()
    facts = [fact for fact in run.told if fact["type"] == "MeetingHeld" and not fact.get("deleted")][::2]
    copies = new_folder()
    for number, worker in enumerate(run.workers):
        worker.stop()
        shutil.copytree(worker.folder, copies / str(number))
        worker.start()
    for version, citizen in ((10**6, ANNA), (10**6 + 1, BO), (10**6 + 2, None)):
        again = [fact | {"version": version, "citizen": citizen or fact["citizen"]} for fact in facts]
        run.log.tell(again, run.chance)
        run.told += again
        if citizen is not None:
            run.read_all()  # the last of it is read by the copies alone
    for number, worker in enumerate(run.workers):
        worker.stop()
        worker.folder = copies / str(number)
        worker.start()
        worker.read_all()
    run.check_live()
    run.stop()
