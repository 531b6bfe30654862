"""What an agency can load of the national topic without us: JSON-stat 2.0 and a DCAT-AP description of it.

Each table of a measure is one JSON-stat dataset: area, period and the table's dimensions with their codes in both
languages, and `figure`, which tells value, base, share and mean apart. Its cells are the newest of each key; one
that is hidden, missing or withdrawn has no value, and `status` says which. Supervision, whose figure is a code,
has the codes' numbers in `extension.codes`. What a measure means in words is in `metadata.toml`.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

from fokusstrom.contracts.records import ConfidentialityStatus, NationalRecord
from fokusstrom.contracts.topics import NATIONAL_REPORTING
from fokusstrom.domain import periods
from fokusstrom.domain.facts import municipality_names
from fokusstrom.domain.measures import COUNTRY, DIMENSIONS, MEASURES, Measure
from fokusstrom.domain.periods import Kind

LANGUAGES = ("en", "da")
STATUSES = ("INSUFFICIENT_DATA", "NOT_SELECTED", "POSTPONED", "REGIME_ENDED", "SELECTED")
"""The codes of supervision; a dataset's value is their place here, from 0."""

_FIGURES: Mapping[str, Mapping[str, str]] = {
    "value": {"en": "Value", "da": "Værdi"},
    "base": {"en": "Base", "da": "Basis"},
    "share_permille": {"en": "Share in tenths of a percent", "da": "Andel i promille"},
    "mean_hundredths": {"en": "Mean in hundredths", "da": "Gennemsnit i hundrededele"},
}
_MET: Mapping[str, str] = {"en": "Target met (1) or not (0)", "da": "Mål nået (1) eller ikke (0)"}


@functools.cache
def words() -> Mapping[str, Any]:
    """Read what everything is called."""
    text = resources.files(__package__).joinpath("metadata.toml").read_text("utf-8")
    return tomllib.loads(text)


def label(kind: str, code: object, language: str) -> str:
    """Name a code of a dimension; a municipality by its own name, a code without words by itself."""
    text = code_text(code)
    known: Mapping[str, Mapping[str, str]] = words()["codes"].get(kind, {})
    if text in known:
        return known[text][language]
    return municipality_names().get(text, text) if kind == "area" else text


def datasets(records: Iterable[NationalRecord]) -> dict[str, dict[str, Any]]:
    """Give a JSON-stat dataset for each table of each measure of which there are records, by its name."""
    by_table: dict[tuple[str, bool, Kind, tuple[str, ...]], list[NationalRecord]] = {}
    for record in records:
        if record.measure in MEASURES:
            names = tuple(name for name in DIMENSIONS if getattr(record, name) is not None)
            table = (record.measure, record.area == COUNTRY, periods.kind_of(record.period), names)
            by_table.setdefault(table, []).append(record)
    found = {}
    for (measure, is_country, kind, names), of_table in sorted(by_table.items()):
        area = "country" if is_country else "municipality"
        name = "-".join((measure, area, kind, *names))
        found[name] = _Dataset(MEASURES[measure], names, of_table).as_json()
    return found


def collection(names: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give the JSON-stat collection that lists the datasets, each a file beside it."""
    return {
        "version": "2.0",
        "class": "collection",
        "label": words()["topic"]["en"],
        "extension": {"label": {"da": words()["topic"]["da"]}, "topic": NATIONAL_REPORTING.name},
        "link": {
            "item": [
                {"class": "dataset", "href": f"{name}.json", "label": dataset["label"], "type": "application/json"}
                for name, dataset in names.items()
            ]
        },
    }


class _Dataset:
    """One table as a cube."""

    def __init__(self, measure: Measure, names: Sequence[str], records: Sequence[NationalRecord]) -> None:
        self._measure = measure
        self._records = records
        self._columns = ("area", "period", *names)
        self._codes = {
            name: sorted({getattr(record, name) for record in records}, key=_order) for name in self._columns
        }
        self._figures = [name for name in _FIGURES if any(getattr(record, name) is not None for record in records)] or [
            "value"
        ]
        if any(record.met is not None for record in records):
            self._figures.append("met")
        self._places = {name: {code: place for place, code in enumerate(codes)} for name, codes in self._codes.items()}

    def as_json(self) -> dict[str, Any]:
        said = words()["measures"][self._measure.name]
        newest = max(self._records, key=lambda record: record.published_at)
        values, status = self._cells()
        return {
            "version": "2.0",
            "class": "dataset",
            "label": said["en"],
            "source": NATIONAL_REPORTING.name,
            "updated": newest.published_at.isoformat(),
            "note": [said["definition"]["en"], said["definition"]["da"]],
            "id": [*self._columns, "figure"],
            "size": [*(len(self._codes[name]) for name in self._columns), len(self._figures)],
            "role": {"geo": ["area"], "time": ["period"], "metric": ["figure"]},
            "dimension": {**{name: self._dimension(name) for name in self._columns}, "figure": self._metric()},
            "value": values,
            "status": status,
            "extension": self._extension(said),
        }

    def _extension(self, said: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "definition": self._measure.definition,
            "label": {"da": said["da"]},
            "unit": {language: _unit(self._measure.unit, language) for language in LANGUAGES},
            "status": {
                "P": "provisional", "E": "rests on an assumed rule", "B": "break", "M": "missing or withdrawn",
                "C": "hidden: a small group", "D": "hidden: it would give a small group away",
            },
            **({"codes": list(STATUSES)} if self._measure.unit == "status" else {}),
        }  # fmt: skip

    def _dimension(self, name: str) -> dict[str, Any]:
        codes = [code_text(code) for code in self._codes[name]]
        labels = {
            language: dict(zip(codes, (label(name, code, language) for code in self._codes[name]), strict=True))
            for language in LANGUAGES
        }
        said = words()["dimensions"][name]
        return {
            "label": said["en"],
            "category": {"index": codes, "label": labels["en"]},
            "extension": {"label": {"da": said["da"]}, "category": {"label": {"da": labels["da"]}}},
        }

    def _metric(self) -> dict[str, Any]:
        units = {"value": self._measure.unit, "base": self._measure.base_unit or ""}
        named = {**_FIGURES, "met": _MET}
        return {
            "label": "Figure",
            "category": {
                "index": self._figures,
                "label": {name: named[name]["en"] for name in self._figures},
                "unit": {name: {"label": _unit(units[name], "en")} for name in self._figures if units.get(name)},
            },
            "extension": {"category": {"label": {"da": {name: named[name]["da"] for name in self._figures}}}},
        }

    def _cells(self) -> tuple[dict[str, int], dict[str, str]]:
        values: dict[str, int] = {}
        status: dict[str, str] = {}
        for record in self._records:
            start = 0
            for name in self._columns:
                start = start * len(self._codes[name]) + self._places[name][getattr(record, name)]
            said = _status(record)
            for place, name in enumerate(self._figures, start * len(self._figures)):
                number = STATUSES.index(record.code) if name == "value" and record.code else getattr(record, name)
                if number is not None:
                    values[str(place)] = int(number)
                if said:
                    status[str(place)] = said
        return values, status


def catalogue(records: Sequence[NationalRecord], names: Iterable[str]) -> dict[str, Any]:
    """Give the DCAT-AP description of the topic as JSON-LD: the topic itself and the datasets' files."""
    topic = words()["topic"]
    months = sorted(record.period for record in records)
    newest = max((record.published_at for record in records), default=None)
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "adms": "http://www.w3.org/ns/adms#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"urn:fokusstrom:dataset:{NATIONAL_REPORTING.name}",
        "@type": "dcat:Dataset",
        "dct:title": _in_both(topic),
        "dct:description": _in_both(topic["description"]),
        "dct:identifier": NATIONAL_REPORTING.name,
        "dct:language": [
            {"@id": f"http://publications.europa.eu/resource/authority/language/{code}"} for code in ("DAN", "ENG")
        ],
        "dct:spatial": {"@id": "http://publications.europa.eu/resource/authority/country/DNK"},
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/MONTHLY"},
        "dct:accessRights": {"@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC"},
        "dcat:theme": {"@id": "http://publications.europa.eu/resource/authority/data-theme/SOCI"},
        "dcat:keyword": [
            {"@language": language, "@value": words()["measures"][name][language]}
            for name in MEASURES
            for language in LANGUAGES
        ],
        **({"dct:modified": {"@type": "xsd:dateTime", "@value": newest.isoformat()}} if newest else {}),
        **({"dct:temporal": _temporal(months)} if months else {}),
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": _in_both({"en": "Kafka topic, Avro records", "da": "Kafka-emne, Avro-poster"}),
                "dct:identifier": NATIONAL_REPORTING.name,
                "dcat:mediaType": "application/vnd.confluent.avro",
            },
            *(
                {
                    "@type": "dcat:Distribution",
                    "dct:title": {"@language": "en", "@value": name},
                    "dcat:downloadURL": {"@id": f"{name}.json"},
                    "dcat:mediaType": "application/json",
                    "dct:conformsTo": {"@id": "https://json-stat.org/full/"},
                }
                for name in names
            ),
        ],
    }


def _temporal(months: Sequence[str]) -> dict[str, Any]:
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": {"@type": "xsd:date", "@value": min(map(periods.first_day, months)).isoformat()},
        "dcat:endDate": {"@type": "xsd:date", "@value": max(map(periods.final_day, months)).isoformat()},
    }


def _in_both(said: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@language": language, "@value": said[language]} for language in LANGUAGES]


def _unit(name: str, language: str) -> str:
    unit: str = words()["units"][name][language]
    return unit


def _status(record: NationalRecord) -> str | None:
    if record.conf_status is not ConfidentialityStatus.FREE:
        return record.conf_status.value
    return None if record.obs_status == "A" else record.obs_status.value


def _order(code: Any) -> tuple[bool, Any]:  # noqa: ANN401 - a code of any kind
    """The country first, numbers as numbers."""
    return code != COUNTRY, code


def code_text(code: object) -> str:
    """Write a code as JSON-stat and the words have it."""
    return str(code).lower() if isinstance(code, bool) else str(code)
