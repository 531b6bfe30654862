"""What senders get wrong, for each type of fact: still valid, only not true."""

from __future__ import annotations

import numpy as np

from fokusstrom.domain.facts import BENEFITS, MODES, OFFER_TYPES
from fokusstrom.simulation.meetings import FOLLOW_UP, JOB, shifted
from fokusstrom.simulation.rows import NO_DAY, NULL, Array, Rows, count
from fokusstrom.simulation.world import JOBCENTRES_OF_ONE, World

_REAL_MODES = len(MODES)


class Errors:
    """One method a type of fact that has content to be wrong; each changes the rows given."""

    def __init__(self, world: World) -> None:
        """Know which municipalities there are to confuse."""
        self._municipalities = len(world.municipalities)

    def in_meeting(self, rng: np.random.Generator, rows: Rows) -> None:
        """The mode, the hour, the municipality, the attendance or the type."""
        mode, hour, place, attendance, of_type = _one_of(rng, 5, rows)
        rows["mode"] = _another(rng, rows["mode"], _REAL_MODES, mode)
        minutes = rng.integers(1, 8, count(rows)) * 15
        rows["held_at"] = np.where(hour, shifted(rows["held_at"], minutes), rows["held_at"])
        rows["municipality"] = _another(rng, rows["municipality"], self._municipalities, place)
        with_centre = place & (rows["jobcenter"] != NULL)
        centre = rows["municipality"] * JOBCENTRES_OF_ONE
        rows["jobcenter"] = np.where(with_centre, centre, rows["jobcenter"])
        rows["attendance"] = np.where(attendance, 1 - rows["attendance"], rows["attendance"])
        swapped = np.where(rows["interview_type"] == JOB, FOLLOW_UP, JOB)
        rows["interview_type"] = np.where(of_type, swapped, rows["interview_type"])

    def in_spell(self, rng: np.random.Generator, rows: Rows) -> None:
        """The start, the benefit or the municipality."""
        start, benefit, place = _one_of(rng, 3, rows)
        earlier = rng.integers(1, 40, count(rows))
        rows["starts_on"] = np.where(start, rows["starts_on"] - earlier, rows["starts_on"])
        rows["benefit"] = _another(rng, rows["benefit"], len(BENEFITS), benefit)
        rows["municipality"] = _another(rng, rows["municipality"], self._municipalities, place)

    def in_offer(self, rng: np.random.Generator, rows: Rows) -> None:
        """The type or the end."""
        of_type, end = _one_of(rng, 2, rows)
        rows["offer_type"] = _another(rng, rows["offer_type"], len(OFFER_TYPES), of_type)
        ends_on = rows["ends_on"] + rng.integers(1, 60, count(rows))
        rows["ends_on"] = np.where(end & (rows["ends_on"] != NO_DAY), ends_on, rows["ends_on"])

    def in_hours(self, rng: np.random.Generator, rows: Rows) -> None:
        """The number of hours."""
        rows["hours"] = rng.integers(0, 16_000, count(rows))

    def in_outcome(self, rng: np.random.Generator, rows: Rows) -> None:
        """The day."""
        rows["reached_on"] = rows["reached_on"] - rng.integers(1, 30, count(rows))

    def in_share(self, rng: np.random.Generator, rows: Rows) -> None:
        """The actual share."""
        rows["actual_share"] = rows["actual_share"] + rng.integers(-2_000, 2_001, count(rows))


def _one_of(rng: np.random.Generator, kinds: int, rows: Rows) -> list[Array]:
    """For each kind of error, the rows that have it: every row has one."""
    kind = rng.integers(0, kinds, count(rows))
    return [kind == one for one in range(kinds)]


def _another(rng: np.random.Generator, codes: Array, size: int, where: Array) -> Array:
    """Another of `size` codes, where asked."""
    other = (codes + rng.integers(1, size, len(codes))) % size
    return np.where(where, other, codes)
