"""Examples of R5, R6, R8, R9 and R13: seniority, scope, and who was served."""

from __future__ import annotations

from tests.builders import (
    ANNA,
    BO,
    CARL,
    KOEBENHAVN,
    FactLine,
    corrected,
    hours,
    link,
    meeting,
    meetings,
    offer,
    spell,
)
from tests.reference.case import Case, case

_ONE_NOT_SERVED = "1,1"
_ONE_SERVED = "1,0"


def _in_scope(rule: str, says: str, spells: list[FactLine], *, yes: tuple[str, ...], no: tuple[str, ...]) -> Case:
    """Give a case about the months (municipality,month,benefit) with and without one person in scope."""
    cells = dict.fromkeys(yes, _ONE_NOT_SERVED) | dict.fromkeys(no)
    return case(rule, says, spells, cells={"focus_meetings.csv": cells, "focus_offers.csv": cells})


_SENIORITY = [
    _in_scope(
        "R5",
        "12 months are reached on day D when start + 12 calendar months is no later than D + 1 day",
        # 1 January 2021 is the day after 31 December 2020
        [spell("2020-01-01")],
        yes=("751,2020-12,CASH", "751,2021-01,CASH"),
        no=("751,2020-11,CASH",),
    ),
    _in_scope(
        "R5",
        "a day later, a month later",
        # 2 January 2021 is later than 1 January 2021
        [spell("2020-01-02")],
        yes=("751,2021-01,CASH",),
        no=("751,2020-12,CASH",),
    ),
    _in_scope(
        "R5",
        "a gap within a month and the next breaks no chain",
        # June to July is one month number; the chain begins on 15 January 2020
        [spell("2020-01-15", "2020-06-01"), spell("2020-07-31")],
        yes=("751,2021-01,CASH",),
        no=("751,2020-12,CASH",),
    ),
    _in_scope(
        "R5",
        "a whole calendar month without the benefit breaks the chain",
        # June to August is two month numbers; the chain begins on 1 August 2020
        [spell("2020-01-15", "2020-06-30"), spell("2020-08-01")],
        yes=("751,2021-07,CASH",),
        no=("751,2021-01,CASH", "751,2021-06,CASH"),
    ),
    _in_scope(
        "R5",
        "the gap is measured from the chain's latest end, not from the last spell's",
        # the short spell within the first does not shorten it: 31 December to 31 January is one month number
        [spell("2020-01-01", "2020-12-31"), spell("2020-02-01", "2020-02-10"), spell("2021-01-31")],
        yes=("751,2020-12,CASH", "751,2021-01,CASH"),
        no=(),
    ),
    _in_scope(
        "R5",
        "a running spell never breaks",
        [spell("2020-01-01"), spell("2021-06-01", "2021-06-30")],
        yes=("751,2021-06,CASH",),
        no=(),
    ),
    _in_scope(
        "R5",
        "every sickness spell is a chain of its own",
        [
            spell("2020-01-01", "2020-10-31", benefit="SICKNESS"),
            spell("2020-11-01", benefit="SICKNESS"),
        ],
        yes=("751,2021-10,SICKNESS",),
        no=("751,2020-12,SICKNESS", "751,2021-09,SICKNESS"),
    ),
    _in_scope(
        "R5",
        "unemployment spells are all one chain, and 12 months mean 365 days on the benefit",
        # 181 days in the first half of 2019; 182 to 30 June 2020 are 363; the 365th is 2 July
        [
            spell("2019-01-01", "2019-06-30", benefit="UNEMPLOYMENT"),
            spell("2020-01-01", benefit="UNEMPLOYMENT"),
        ],
        yes=("751,2020-07,UNEMPLOYMENT",),
        no=("751,2020-06,UNEMPLOYMENT",),
    ),
    _in_scope(
        "R5",
        "in a leap year the 365th day comes a day early",
        # 2 January to 31 December 2020 are 365 days
        [spell("2020-01-02", benefit="UNEMPLOYMENT")],
        yes=("751,2020-12,UNEMPLOYMENT",),
        no=("751,2020-11,UNEMPLOYMENT",),
    ),
    _in_scope(
        "R5",
        "364 days are not 365, and a day on two spells is one day",
        # 3 January to 31 December 2020 are 364 days, June among them twice
        [
            spell("2020-01-03", benefit="UNEMPLOYMENT"),
            spell("2020-06-01", "2020-06-30", benefit="UNEMPLOYMENT"),
        ],
        yes=("751,2021-01,UNEMPLOYMENT",),
        no=("751,2020-12,UNEMPLOYMENT",),
    ),
    _in_scope(
        "R5",
        "a cash chain takes over the start of a transition chain that ended just before",
        # from 10 January 2020; November to December is one month number
        [spell("2020-01-10", "2020-11-01", benefit="TRANSITION"), spell("2020-12-31", benefit="CASH")],
        yes=("751,2021-01,CASH",),
        no=("751,2020-12,CASH",),
    ),
    _in_scope(
        "R5",
        "so does an education chain, of the whole transition chain",
        [
            spell("2020-01-10", "2020-04-01", benefit="TRANSITION"),
            spell("2020-05-31", "2020-11-30", benefit="TRANSITION"),
            spell("2020-12-01", benefit="EDUCATION"),
        ],
        yes=("751,2021-01,EDUCATION",),
        no=("751,2020-12,EDUCATION",),
    ),
    _in_scope(
        "R5",
        "not of one that ended two month numbers before",
        [spell("2020-01-10", "2020-10-31", benefit="TRANSITION"), spell("2020-12-01", benefit="CASH")],
        yes=("751,2021-11,CASH",),
        no=("751,2021-01,CASH", "751,2021-10,CASH"),
    ),
    _in_scope(
        "R5",
        "not of one that still ran on its own first day",
        [spell("2020-01-10", "2020-12-01", benefit="TRANSITION"), spell("2020-12-01", benefit="CASH")],
        yes=("751,2021-11,CASH",),
        no=("751,2021-01,CASH", "751,2021-10,CASH"),
    ),
    _in_scope(
        "R5",
        "no other benefit takes over",
        [spell("2020-01-10", "2020-11-30", benefit="TRANSITION"), spell("2020-12-01", benefit="RESOURCE")],
        yes=("751,2021-11,RESOURCE",),
        no=("751,2021-01,RESOURCE",),
    ),
    _in_scope(
        "R5",
        "spells in an introduction programme are left out",
        [spell("2020-01-01", "2020-12-31", introduction_programme=True), spell("2021-01-01")],
        yes=("751,2021-12,CASH",),
        no=("751,2020-12,CASH", "751,2021-01,CASH", "751,2021-11,CASH"),
    ),
    _in_scope(
        "R5",
        "a spell that is corrected up to another's month makes one chain of them",
        # June to September would break; the spell turns out to end in August
        [
            spell("2020-01-01", "2020-06-30"),
            corrected(spell("2020-01-01", "2020-08-15")),
            spell("2020-09-01"),
        ],
        yes=("751,2020-12,CASH",),
        no=("751,2020-11,CASH",),
    ),
    _in_scope(
        "R6",
        "the spell with the latest start decides alone",
        # on 31 March the sickness spell is the later one, and has no 12 months
        [spell("2020-01-01"), spell("2021-03-15", "2021-04-15", benefit="SICKNESS")],
        yes=("751,2021-02,CASH", "751,2021-04,CASH"),
        no=("751,2021-03,CASH", "751,2021-03,SICKNESS"),
    ),
    _in_scope(
        "R6",
        "a citizen counts once, under the spell's own municipality, with the chain's seniority",
        [spell("2020-01-01", "2021-03-31"), spell("2021-04-01", municipality=KOEBENHAVN)],
        yes=("751,2021-03,CASH", "101,2021-04,CASH"),
        no=("101,2021-03,CASH", "751,2021-04,CASH"),
    ),
    _in_scope(
        "R6",
        "of two that began the same day, the smallest source and fact id, as text",
        # "10" is smaller than "9"
        [spell("2020-01-01", fact_id="9"), spell("2020-01-01", fact_id="10", municipality=KOEBENHAVN)],
        yes=("101,2021-01,CASH",),
        no=("751,2021-01,CASH",),
    ),
    _in_scope(
        "R6",
        "the spell must cover the last day of the month",
        [spell("2020-01-01", "2021-02-28"), spell("2021-03-01", "2021-03-30")],
        yes=("751,2021-02,CASH",),
        no=("751,2021-03,CASH",),
    ),
]

_SERVED = [
    case(
        "R8",
        "served with at least 4 counting meetings in the 12 calendar months ending with the month",
        # January to December 2021 has all four; December 2020 to November lacks the last, and
        # February 2021 to January 2022 the first
        [spell("2020-01-01"), *meetings("2021-01-01", "2021-05-01", "2021-08-01", "2021-12-31 23:30")],
        through="2022-01-31",
        cells={
            "focus_meetings.csv": {
                "751,2021-11,CASH": _ONE_NOT_SERVED,
                "751,2021-12,CASH": _ONE_SERVED,
                "751,2022-01,CASH": _ONE_NOT_SERVED,
            }
        },
    ),
    case(
        "R8",
        "only counting meetings serve",
        [
            spell("2020-01-01"),
            *meetings("2021-05-01", "2021-06-01", "2021-07-01"),
            meeting("2021-08-01", mode="WRITTEN"),
            meeting("2021-09-01", attendance="NO_SHOW"),
            meeting("2021-07-01", fact_id="again"),
        ],
        cells={"focus_meetings.csv": {"751,2021-12,CASH": _ONE_NOT_SERVED}},
    ),
    case(
        "R8",
        "a counting meeting serves under whatever benefit it was held",
        # in June the meetings are of the sickness spell, since it is the latest
        [
            spell("2020-01-01"),
            spell("2021-06-01", "2021-06-30", benefit="SICKNESS"),
            *meetings("2021-06-02", "2021-06-03", "2021-06-04", "2021-06-05"),
        ],
        cells={"focus_meetings.csv": {"751,2021-12,CASH": _ONE_SERVED}},
    ),
    case(
        "R8",
        "a meeting before the chain's start does not serve",
        # 365 days from 2 January 2020 end with December, whose 12 months begin on 1 January
        [
            spell("2019-12-01", "2020-01-01", benefit="SICKNESS"),
            spell("2020-01-02", benefit="UNEMPLOYMENT"),
            *meetings("2020-01-01", "2020-02-03", "2020-07-01", "2020-08-03"),
        ],
        cells={
            "focus_meetings.csv": {
                "751,2020-12,UNEMPLOYMENT": _ONE_NOT_SERVED,
                "751,2021-01,UNEMPLOYMENT": _ONE_NOT_SERVED,
            }
        },
    ),
    case(
        "R8",
        "a meeting on the chain's first day does",
        [
            spell("2020-01-02", benefit="UNEMPLOYMENT"),
            *meetings("2020-01-02", "2020-02-03", "2020-07-01", "2020-08-03"),
        ],
        cells={"focus_meetings.csv": {"751,2020-12,UNEMPLOYMENT": _ONE_SERVED}},
    ),
    case(
        "R9",
        "served with an offer that covers at least one day of the 12 months",
        # 1 January 2021 is the first day of December's 12 months, and before those of January 2022
        [spell("2020-01-01"), offer("2020-12-01", "2021-01-01")],
        through="2022-01-31",
        cells={
            "focus_offers.csv": {
                "751,2020-12,CASH": _ONE_SERVED,
                "751,2021-12,CASH": _ONE_SERVED,
                "751,2022-01,CASH": _ONE_NOT_SERVED,
            }
        },
    ),
    case(
        "R9",
        "an offer serves from the month on whose last day it begins, and as long as it runs",
        [spell("2020-01-01"), offer("2021-02-28", offer_type="GUIDANCE_UPGRADING")],
        cells={
            "focus_offers.csv": {
                "751,2021-01,CASH": _ONE_NOT_SERVED,
                "751,2021-02,CASH": _ONE_SERVED,
                "751,2021-12,CASH": _ONE_SERVED,
            }
        },
    ),
    case(
        "R9",
        "other offers do not serve, nor does one that ended before the chain's start",
        [
            spell("2020-01-02", benefit="UNEMPLOYMENT"),
            offer("2020-05-01", offer_type="OTHER"),
            offer("2019-12-01", "2020-01-01"),
        ],
        cells={"focus_offers.csv": {"751,2020-12,UNEMPLOYMENT": _ONE_NOT_SERVED}},
    ),
    case(
        "R9",
        "or with at least 225 ordinary hours in total in those months",
        # February 2020 to January 2021 lack the first 112.5
        [spell("2020-01-01"), hours("2020-01", 112.5), hours("2020-12", 112.49), hours("2020-11", 0.01)],
        cells={"focus_offers.csv": {"751,2020-12,CASH": _ONE_SERVED, "751,2021-01,CASH": _ONE_NOT_SERVED}},
    ),
    case(
        "R9",
        "224.99 hours are too few, and those of the month in which the chain began are counted",
        # the last day of January 2020 is not before 2 January
        [
            spell("2020-01-02", benefit="UNEMPLOYMENT"),
            spell("2020-01-02", benefit="UNEMPLOYMENT", citizen="b" * 32, fact_id="b"),
            hours("2020-01", 224.99),
            hours("2020-01", 225, citizen="b" * 32, fact_id="b"),
            hours("2019-12", 744),
        ],
        cells={"focus_offers.csv": {"751,2020-12,UNEMPLOYMENT": "2,1"}},
    ),
    case(
        "R9",
        "an offer or hours under another pseudonym of the person serve, though nothing else is told under it",
        [
            spell("2020-01-01"),
            hours("2020-12", 225, citizen=CARL),
            link(CARL, ANNA),
            offer("2021-12-31", citizen=BO),
            link(ANNA, BO),
        ],
        cells={
            "focus_offers.csv": {
                "751,2020-12,CASH": _ONE_SERVED,
                "751,2021-11,CASH": _ONE_SERVED,
                "751,2021-12,CASH": _ONE_SERVED,
            }
        },
    ),
    case(
        "R9",
        "an offer that was another citizen's for a time serves when it is the citizen's again",
        [
            spell("2020-01-01"),
            corrected(offer("2021-02-01"), version=3),
            corrected(offer("2021-02-01"), citizen=BO),
            offer("2021-02-01"),
        ],
        cells={"focus_offers.csv": {"751,2021-01,CASH": _ONE_NOT_SERVED, "751,2021-02,CASH": _ONE_SERVED}},
    ),
]

_EARLY = [
    case(
        "R13",
        "served with at least 4 counting meetings from the chain's start to the day that completes six",
        # 15 January + 6 months - 1 day is 14 July 2021
        [spell("2021-01-15"), *meetings("2021-01-15 00:00", "2021-03-01", "2021-05-01", "2021-07-14 23:59")],
        whole={"early_contact.csv": ("751,2021-07,CASH,1,0",)},
    ),
    case(
        "R13",
        "a meeting the day before or the day after is none of them",
        [
            spell("2021-01-01", "2021-01-14", benefit="SICKNESS"),
            spell("2021-01-15"),
            *meetings("2021-01-14", "2021-03-01", "2021-04-01", "2021-05-01", "2021-07-15"),
        ],
        whole={"early_contact.csv": ("751,2021-07,CASH,1,1",)},
    ),
    case(
        "R13",
        "adding months clips to the last day of the month",
        # 31 August 2020 + 6 months is 28 February 2021, less a day is the 27th
        [spell("2020-08-31", "2021-02-27")],
        whole={"early_contact.csv": ("751,2021-02,CASH,1,1",)},
    ),
    case(
        "R13",
        "in a leap year it clips to 29 February",
        # 31 August 2019 + 6 months is 29 February 2020, less a day is the 28th
        [spell("2019-08-31", "2020-02-28"), spell("2019-08-31", "2020-02-27", citizen=BO, fact_id="b")],
        whole={"early_contact.csv": ("751,2020-02,CASH,1,1",)},
    ),
    case(
        "R13",
        "unemployment is one chain, also years later: its six months are those after its first day",
        [
            spell("2019-01-01", "2019-03-31", benefit="UNEMPLOYMENT"),
            spell("2021-01-01", benefit="UNEMPLOYMENT"),
        ],
        whole={"early_contact.csv": ()},
    ),
    case(
        "R13",
        "time in an introduction programme is no part of the chain",
        # 1 February + 6 months - 1 day is 31 July
        [spell("2021-01-01", "2021-01-31", introduction_programme=True), spell("2021-02-01")],
        whole={"early_contact.csv": ("751,2021-07,CASH,1,1",)},
    ),
    case(
        "R13",
        "a chain of which no spell covers that day does not count",
        [spell("2020-08-31", "2021-02-26"), spell("2021-02-28")],
        whole={"early_contact.csv": ()},
    ),
    case(
        "R13",
        "only target groups 1-5 and 7-10",
        [
            spell("2021-01-01", fact_id="6", target_group=6, benefit="SICKNESS"),
            spell("2021-01-01", fact_id="11", target_group=11, benefit="RESOURCE"),
            spell("2021-01-01", fact_id="10", target_group=10, benefit="REHABILITATION"),
        ],
        whole={"early_contact.csv": ("751,2021-06,REHABILITATION,1,1",)},
    ),
    case(
        "R13",
        "of several covering spells of the chain, the one that R6 would choose",
        # on 30 June two spells of the chain run; Copenhagen's began later
        [spell("2021-01-01"), spell("2021-04-01", municipality=KOEBENHAVN)],
        whole={"early_contact.csv": ("101,2021-06,CASH,1,1",)},
    ),
    case(
        "R13",
        "chains are counted, not persons",
        [spell("2021-01-01"), spell("2021-01-01", benefit="UNEMPLOYMENT", fact_id="u")],
        whole={"early_contact.csv": ("751,2021-06,CASH,1,1", "751,2021-06,UNEMPLOYMENT,1,1")},
    ),
    case(
        "R13",
        "a start that was taken over is the chain's start here too",
        # 10 January + 6 months - 1 day is 9 July, which the cash spell covers and the transition spell not
        [spell("2021-01-10", "2021-03-31", benefit="TRANSITION"), spell("2021-04-01")],
        whole={"early_contact.csv": ("751,2021-07,CASH,1,1",)},
    ),
    case(
        "R13",
        "once the month of that day is reported",
        # completed on 14 July; July ends after the end date
        [spell("2021-01-15")],
        through="2021-07-30",
        whole={"early_contact.csv": ()},
    ),
]

CASES = [*_SENIORITY, *_SERVED, *_EARLY]
