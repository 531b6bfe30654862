"""Examples of R10, R11 and R12: shares, averages and supervision."""

from __future__ import annotations

from tests.builders import (
    ANNA,
    BO,
    CARL,
    KOEBENHAVN,
    KOEGE,
    FactLine,
    corrected,
    crowd,
    expected_share,
    meetings,
    offer,
    spell,
    withdrawn,
)
from tests.reference.case import case

_MET_2020 = meetings("2020-07-01", "2020-08-03", "2020-09-01", "2020-10-01")
_SERVED_IN_2020 = [spell("2020-01-01", "2020-12-31"), *_MET_2020, offer("2020-06-01", "2020-06-30")]
"""In scope in December 2020 alone, and served with both."""
_NOT_SERVED_IN_2020 = spell("2020-01-01", "2020-12-31")
_NOT_SERVED_IN_2021 = spell("2020-03-01", "2021-02-28")
"""In scope in February 2021 alone."""

_MISSED = "meetings_target_missed;offers_target_missed"


def _of(citizen: str, *facts: FactLine) -> list[FactLine]:
    """Give the same facts of another citizen."""
    return [fact | {"citizen": citizen, "fact_id": f"{fact['fact_id']}{citizen[0]}"} for fact in facts]


_AVERAGES = [
    case(
        "R10",
        "the monthly share is of all benefits of the municipality together",
        # one of two on cash benefit and none of three on education: 1 of 5, not (1/2 + 0) / 2
        [
            *crowd(1, _SERVED_IN_2020),
            _NOT_SERVED_IN_2020,
            *(
                fact
                | {"citizen": f"{number:032x}", "fact_id": f"{fact['fact_id']}/{number}"}
                | ({"benefit": "EDUCATION"} if fact["type"] == "BenefitSpell" else {})
                for number in (2, 3, 4)
                for fact in _SERVED_IN_2020
            ),
        ],
        cells={
            "focus_meetings.csv": {"751,2020-12,CASH": "2,1", "751,2020-12,EDUCATION": "3,0"},
            "focus_average.csv": {"751,2020,meetings": "1,0.200000,0.200000,false"},
        },
    ),
    case(
        "R11",
        "the target is met when the average is strictly smaller than the threshold",
        # 1 of 6 is 0.1666...
        [*crowd(5, _SERVED_IN_2020), _NOT_SERVED_IN_2020],
        whole={
            "focus_average.csv": (
                "751,2020,meetings,1,0.166667,0.200000,true",
                "751,2020,offers,1,0.166667,0.200000,true",
            )
        },
    ),
    case(
        "R11",
        "equal to the threshold is not met",
        [*crowd(4, _SERVED_IN_2020), _NOT_SERVED_IN_2020],
        whole={
            "focus_average.csv": (
                "751,2020,meetings,1,0.200000,0.200000,false",
                "751,2020,offers,1,0.200000,0.200000,false",
            )
        },
    ),
    case(
        "R11",
        "the mean is of exact fractions: a third and a fifteenth come to exactly the threshold",
        # in November 2020 alone Anna, Bo and Carl, of whom two are served; in December alone fourteen who are,
        # and one who is not: (1/3 + 1/15) / 2 = 1/5
        [
            *_of(ANNA, spell("2019-12-01", "2020-11-30")),
            *_of(BO, spell("2019-12-01", "2020-11-30"), *_SERVED_IN_2020[1:]),
            *_of(CARL, spell("2019-12-01", "2020-11-30"), *_SERVED_IN_2020[1:]),
            *_of("d" * 32, _NOT_SERVED_IN_2020),
            *crowd(14, _SERVED_IN_2020),
        ],
        cells={"focus_meetings.csv": {"751,2020-11,CASH": "3,1", "751,2020-12,CASH": "15,1"}},
        whole={
            "focus_average.csv": (
                "751,2020,meetings,2,0.200000,0.200000,false",
                "751,2020,offers,2,0.200000,0.200000,false",
            )
        },
    ),
    case(
        "R11",
        "the mean of the months is unweighted, each year by itself",
        # Anna alone in December 2020 and January 2021: 1 of 1. In February Bo and Carl, who were met
        # four times, join her: 1 of 3. The mean of 2021 is (1 + 1/3) / 2 = 2/3
        [
            spell("2020-01-01", "2021-02-28"),
            *_of(BO, spell("2020-02-02", "2021-02-28"), *_MET_2020),
            *_of(CARL, spell("2020-02-02", "2021-02-28"), *_MET_2020),
        ],
        whole={
            "focus_average.csv": (
                "751,2020,meetings,1,1.000000,0.200000,false",
                "751,2020,offers,1,1.000000,0.200000,false",
                "751,2021,meetings,2,0.666667,0.200000,false",
                "751,2021,offers,2,1.000000,0.200000,false",
            )
        },
    ),
    case(
        "R11",
        "in 2020, March to June are not counted, but reported",
        # in scope from December 2019 to July 2020: January, February and July are counted
        [spell("2019-01-01", "2020-07-31")],
        cells={
            "focus_average.csv": {
                "751,2019,meetings": "1,1.000000,0.200000,false",
                "751,2020,meetings": "3,1.000000,0.200000,false",
            },
            "focus_meetings.csv": {
                "751,2020-03,CASH": "1,1",
                "751,2020-04,CASH": "1,1",
                "751,2020-05,CASH": "1,1",
                "751,2020-06,CASH": "1,1",
            },
        },
    ),
    case(
        "R11",
        "a year with nothing but months left out has no average, and no row of supervision",
        # 12 months on 14 March 2020
        [spell("2019-03-15", "2020-06-30")],
        cells={"focus_meetings.csv": {"751,2020-06,CASH": "1,1"}},
        whole={"focus_average.csv": (), "supervision.csv": ()},
    ),
]

_SUPERVISION = [
    case(
        "R12",
        "selected when the result is worse than expected and a target is missed",
        [_NOT_SERVED_IN_2021, expected_share(2021, 0.25, 0.2)],
        whole={"supervision.csv": (f"751,2021,SELECTED,true,true,{_MISSED};result_worse_than_expected",)},
    ),
    case(
        "R12",
        "one missed target opens the focus gate",
        # met four times within March 2020 to February 2021, but without an offer
        [_NOT_SERVED_IN_2021, *_MET_2020, expected_share(2021, 0.25, 0.2)],
        whole={"supervision.csv": ("751,2021,SELECTED,true,true,offers_target_missed;result_worse_than_expected",)},
    ),
    case(
        "R12",
        "an actual share equal to the expected closes the result gate",
        [_NOT_SERVED_IN_2021, expected_share(2021, 0.2, 0.2)],
        whole={"supervision.csv": (f"751,2021,NOT_SELECTED,false,true,{_MISSED}",)},
    ),
    case(
        "R12",
        "with both targets met the focus gate is closed",
        [spell("2020-03-01", "2021-02-28"), *_MET_2020, offer("2020-06-01"), expected_share(2021, 1, 0)],
        whole={"supervision.csv": ("751,2021,NOT_SELECTED,true,false,result_worse_than_expected",)},
    ),
    case(
        "R12",
        "before 2021 the selection was postponed",
        [_NOT_SERVED_IN_2020, expected_share(2020, 0.25, 0.2)],
        whole={
            "supervision.csv": (
                f"751,2020,POSTPONED,true,true,{_MISSED};result_worse_than_expected;selection_postponed",
            )
        },
    ),
    case(
        "R12",
        "a gate without its input is unknown, and then the data are insufficient",
        [
            _NOT_SERVED_IN_2021,
            expected_share(2021, 0.25, 0.2, municipality=KOEBENHAVN),
        ],
        whole={
            "supervision.csv": (
                "101,2021,INSUFFICIENT_DATA,true,,focus_missing;result_worse_than_expected",
                f"751,2021,INSUFFICIENT_DATA,,true,{_MISSED};result_missing",
            )
        },
    ),
    case(
        "R12",
        "from 2026 the regime has ended, whatever the inputs; years after the end date's have no row",
        [expected_share(2025, 0.2, 0.25), expected_share(2026, 0.25, 0.2), expected_share(2027, 0.25, 0.2)],
        through="2026-01-01",
        whole={
            "supervision.csv": (
                "751,2025,INSUFFICIENT_DATA,false,,focus_missing",
                "751,2026,REGIME_ENDED,true,,focus_missing;result_worse_than_expected",
            )
        },
    ),
    case(
        "R12",
        "of several expected shares the one registered last holds, then the greatest source and fact id",
        # 2021: registered a day later; 2020: at the same instant, "9" is greater than "10"
        [
            expected_share(2021, 0.1, 0.2, fact_id="a", registered_at="2022-03-02T00:00:00Z"),
            expected_share(2021, 0.3, 0.2, fact_id="b", registered_at="2022-03-01T00:00:00Z"),
            corrected(expected_share(2020, 0.1, 0.2, fact_id="10"), version=7),
            expected_share(2020, 0.3, 0.2, fact_id="9"),
        ],
        whole={
            "supervision.csv": (
                "751,2020,INSUFFICIENT_DATA,true,,focus_missing;result_worse_than_expected",
                "751,2021,INSUFFICIENT_DATA,false,,focus_missing",
            )
        },
    ),
    case(
        "R12",
        "a share that is corrected leaves where it was, and one that is withdrawn leaves the other",
        [
            expected_share(2021, 0.1, 0.2),
            corrected(expected_share(2021, 0.3, 0.2), municipality=KOEBENHAVN, assessment_year=2020),
            expected_share(2021, 0.3, 0.2, municipality=KOEGE, fact_id="a"),
            expected_share(2021, 0.1, 0.2, municipality=KOEGE, fact_id="b"),
            withdrawn(expected_share(2021, 0.1, 0.2, municipality=KOEGE, fact_id="b")),
        ],
        whole={
            "supervision.csv": (
                "101,2020,INSUFFICIENT_DATA,true,,focus_missing;result_worse_than_expected",
                "259,2021,INSUFFICIENT_DATA,true,,focus_missing;result_worse_than_expected",
            )
        },
    ),
]

CASES = [*_AVERAGES, *_SUPERVISION]
