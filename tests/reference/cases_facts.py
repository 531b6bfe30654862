"""Examples of R1, R1b, R3 and the end date: which facts there are, of whom and when."""

from __future__ import annotations

from datetime import date

from tests.builders import (
    ANNA,
    BO,
    CARL,
    corrected,
    hours,
    link,
    meeting,
    outcome,
    protection,
    spell,
    withdrawn,
)
from tests.reference.case import case

_MEETING = meeting("2021-03-01", fact_id="m")
_ON_CASH = spell("2020-01-01")

CASES = [
    case(
        "R1",
        "the record with the greatest version holds, also when it arrives first",
        [corrected(_MEETING, mode="PHONE"), _MEETING],
        enriched={"m": {"version": 2, "mode": "PHONE"}},
        conflicts=0,
    ),
    case(
        "R1",
        "versions are compared as numbers",
        [corrected(_MEETING, version=10, mode="PHONE"), corrected(_MEETING, version=9, mode="VIDEO")],
        enriched={"m": {"version": 10, "mode": "PHONE"}},
    ),
    case(
        "R1",
        "of the same version, the one registered last holds, as an instant",
        # 01:30+01:00 is 00:30 UTC, before 01:00 UTC, though it is greater as text
        [
            _MEETING | {"registered_at": "2021-03-02T01:30:00+01:00", "mode": "PHONE"},
            _MEETING | {"registered_at": "2021-03-02T01:00:00Z", "mode": "VIDEO"},
        ],
        enriched={"m": {"mode": "VIDEO"}},
        conflicts=0,
    ),
    case(
        "R1",
        "if those tie and the content differs, the greatest canonical JSON holds and a conflict is counted",
        # the first key that differs is mode: "PHYSICAL" is greater than "PHONE", since Y is greater than O
        [_MEETING, _MEETING | {"mode": "PHONE"}],
        enriched={"m": {"mode": "PHYSICAL"}},
        conflicts=1,
    ),
    case(
        "R1",
        "canonical JSON writes hours as numbers, and compares them as bytes",
        # 30 is greater than 225 as bytes, so 30 holds, which is too few
        [_ON_CASH, hours("2020-06", 225), hours("2020-06", 30)],
        cells={"focus_offers.csv": {"751,2020-12,CASH": "1,1"}},
        conflicts=1,
    ),
    case(
        "R1",
        "the same content in another spelling is a repeat, not a conflict",
        [
            _MEETING | {"held_at": "2021-03-01T10:00:00.000+01:00", "registered_at": "2021-03-01T12:00Z"},
            _MEETING | {"held_at": "2021-03-01T09:00Z", "registered_at": "2021-03-01T13:00:00+0100"},
        ],
        enriched={"m": {"local_date": date(2021, 3, 1)}},
        conflicts=0,
    ),
    case(
        "R1",
        "hours with trailing zeros are the same content",
        [hours("2020-06", 30), hours("2020-06", 30.0)],
        conflicts=0,
    ),
    case(
        "R1",
        "if the record that holds is deleted, there is no fact, in whatever order they arrive",
        [withdrawn(_MEETING), _MEETING],
        whole={"meetings_held.csv": ()},
        enriched={"m": None},
    ),
    case(
        "R1",
        "a withdrawal of an older version withdraws nothing",
        [corrected(_MEETING, version=3), withdrawn(_MEETING, version=2)],
        enriched={"m": {"version": 3}},
    ),
    case(
        "R1",
        "a new version may name another citizen",
        # Anna had a spell, Bo has none
        [_ON_CASH, _MEETING, corrected(_MEETING, citizen=BO)],
        enriched={"m": {"citizen": BO, "reason": "no_spell"}},
    ),
    case(
        "R1",
        "the same id in another source or type is another fact",
        [
            meeting("2021-03-01", fact_id="1"),
            meeting("2021-03-02", fact_id="1", source="fasit:101"),
            spell("2021-01-01", fact_id="1"),
        ],
        whole={"meetings_held.csv": ("751,2021-03,CASH,JOB,PHYSICAL,false,true,,2",)},
    ),
    case(
        "Refused",
        "what is refused is as if never sent",
        # 999 is no municipality, so version 1 holds
        [_MEETING, corrected(_MEETING, municipality="999")],
        enriched={"m": {"version": 1}},
    ),
    case(
        "Refused",
        "on a deleted record only the common fields are asked for",
        [_MEETING, corrected(_MEETING, municipality="999", deleted=True)],
        enriched={"m": None},
    ),
    case(
        "R1b",
        "linked pseudonyms are one person, in chains and both directions, named by the smallest",
        # c - b and b - a, written once from the greater and once from the smaller
        [link(CARL, BO), link(ANNA, BO), _ON_CASH, _MEETING | {"citizen": CARL}],
        enriched={"m": {"citizen": ANNA, "benefit": "CASH", "counts": True}},
    ),
    case(
        "R1b",
        "withdrawing a link splits the group again",
        [link(CARL, BO), link(ANNA, BO), withdrawn(link(ANNA, BO)), _ON_CASH, _MEETING | {"citizen": CARL}],
        enriched={"m": {"citizen": BO, "reason": "no_spell"}},
    ),
    case(
        "R1b",
        "one person counts once, whatever the number of pseudonyms",
        [link(ANNA, BO), _ON_CASH, _ON_CASH | {"citizen": BO, "fact_id": "s2"}],
        cells={"focus_meetings.csv": {"751,2020-12,CASH": "1,1"}},
    ),
    case(
        "R3",
        "months are of Copenhagen, in winter and in summer time",
        # 23:00 UTC on 31 January is midnight of 1 February; 22:00 UTC on 31 March midnight of 1 April
        [
            meeting("2021-01-31T23:00:00Z"),
            meeting("2021-03-31T22:00:00Z"),
            meeting("2021-03-31T21:59:59.999Z"),
        ],
        whole={
            "mode_use.csv": (
                "751,2021-02,JOB,PHYSICAL,false,true,false,1",
                "751,2021-03,JOB,PHYSICAL,false,true,false,1",
                "751,2021-04,JOB,PHYSICAL,false,true,false,1",
            )
        },
    ),
    case(
        "End date",
        "facts dated after the end date are ignored, after R1",
        # version 2 moved the meeting into 2022, so at the end of 2021 there is none
        [_MEETING, corrected(_MEETING, held_at="2022-02-01T10:00:00+01:00")],
        enriched={"m": None},
    ),
    case(
        "End date",
        "the local date of a meeting is compared, and the last day is in",
        # 22:59 UTC is 23:59 of 31 December, 23:00 UTC is 2022
        [meeting("2021-12-31T22:59:00Z", fact_id="in"), meeting("2021-12-31T23:00:00Z", fact_id="out")],
        enriched={"in": {"local_date": date(2021, 12, 31)}, "out": None},
    ),
    case(
        "End date",
        "an outcome after the end date is not known yet",
        [_ON_CASH, meeting("2021-12-01", fact_id="m"), outcome("2022-01-01")],
        enriched={"m": {"outcome": None}},
    ),
    case(
        "Section 5",
        "a month is reported when its last day is no later than the end date",
        # December lacks a day, but the meeting is enriched all the same
        [meeting("2021-11-30", fact_id="november"), meeting("2021-12-01", fact_id="december")],
        through="2021-12-30",
        whole={"meetings_held.csv": ("751,2021-11,,JOB,PHYSICAL,false,false,no_spell,1",)},
        enriched={"december": {"reason": "no_spell"}},
    ),
    case(
        "R18",
        "protection changes no figure",
        [protection(), _ON_CASH, _MEETING],
        whole={"meetings_held.csv": ("751,2021-03,CASH,JOB,PHYSICAL,false,true,,1",)},
    ),
]
