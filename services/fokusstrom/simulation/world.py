"""What does not depend on the seed: municipalities and how they differ, funds, sources, and all code lists.

A municipality keeps its habits from one simulation to the next, so that seeds differ in citizens only.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fokusstrom.domain import facts
from fokusstrom.domain.facts import UNKNOWN, FactType, Kind
from fokusstrom.simulation import calibration as like

Floats = npt.NDArray[np.float64]

REGISTERS = ("cpr:changes", "cpr:protections", "jobindsats:y30r21")
"""Sources that are no municipality and no fund."""
JOBCENTRES_OF_ONE = 4
"""Numbers that the jobcentres of a municipality may have."""
_EAST = ("Hovedstaden", "Sjælland")
_SYSTEMS = ("momentum", "momentum", "momentum", "fasit", "fasit", "workbase")
_KNOWN_SYSTEM = {"751": "momentum", "101": "fasit"}
_MEMBERS_NOT_LISTED = 15_000


@dataclass(frozen=True)
class World:
    """The country's code lists, by number, and the habits of its municipalities."""

    municipalities: tuple[str, ...]
    inhabitants: Floats
    is_east: npt.NDArray[np.bool_]
    funds: tuple[str, ...]
    members: Floats
    meets_seldom: Floats
    """Factor on the share of citizens met seldom; 1 on the country's average."""
    meets_remotely: Floats
    """From -1 to 1 or so; 0 on the country's average."""
    gives_offers: Floats
    """Likewise."""
    expected_share: Floats
    """Of inhabitants on benefits."""

    @functools.cached_property
    def sources(self) -> tuple[str, ...]:
        """Municipalities' systems, then funds, then registers."""
        return (
            *(f"{_system_of(code)}:{code}" for code in self.municipalities),
            *(f"akasse:{code.lower()}" for code in self.funds),
            *REGISTERS,
        )

    def source_of_fund(self, fund: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Number of the fund's source; a municipality's own number is its source's."""
        return fund + len(self.municipalities)

    def source_of_register(self, name: str) -> int:
        """Number of a register's source."""
        return len(self.municipalities) + len(self.funds) + REGISTERS.index(name)

    def texts(self, fact_type: FactType, name: str) -> pa.StringArray:
        """The texts that a column's numbers stand for."""
        listed = {"source": self.sources, "a_kasse": self.funds}.get(name)
        if listed is None:
            listed = self._listed_for(fact_type, name)
        return pa.array(listed, pa.string())

    def _listed_for(self, fact_type: FactType, name: str) -> tuple[str, ...]:
        field = next(field for field in fact_type.fields if field.name == name)
        if field.kind is Kind.CODE:
            return (*field.codes, UNKNOWN)
        if field.kind is Kind.MUNICIPALITY:
            return self.municipalities
        places = range(JOBCENTRES_OF_ONE)
        return tuple(f"{code}{place:02d}" for code in self.municipalities for place in places)


@functools.cache
def world() -> World:
    """The one there is."""
    regions = facts.municipalities()
    listed = _listed("fokusstrom.simulation", "inhabitants.csv")
    codes = tuple(row["municipality"] for row in listed)
    inhabitants = np.array([float(row["inhabitants_approximate"]) for row in listed])
    funds = _listed("fokusstrom.domain", "codelists/unemployment_funds.csv")
    habits = np.array([np.random.default_rng(int(code)).standard_normal(4) for code in codes]).clip(-2, 2)
    seldom = np.exp(like.SELDOM_VARIES * habits[:, 0])
    return World(
        municipalities=codes,
        inhabitants=inhabitants,
        is_east=np.array([regions[code] in _EAST for code in codes]),
        funds=tuple(row["syntetisk_kode"] for row in funds),
        members=np.array([float(row["medlemmer_ca_2019"] or _MEMBERS_NOT_LISTED) for row in funds]),
        meets_seldom=seldom / np.average(seldom, weights=inhabitants),
        meets_remotely=_centred(habits[:, 1], inhabitants),
        gives_offers=_centred(habits[:, 2], inhabitants),
        expected_share=0.125 + 0.02 * _centred(habits[:, 3], inhabitants),
    )


def _listed(package: str, path: str) -> list[dict[str, str]]:
    text = resources.files(package).joinpath(path).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _centred(habit: Floats, inhabitants: Floats) -> Floats:
    return np.asarray(habit - np.average(habit, weights=inhabitants))


def _system_of(code: str) -> str:
    return _KNOWN_SYSTEM.get(code, _SYSTEMS[int(code) * 7 % len(_SYSTEMS)])
