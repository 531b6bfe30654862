"""Examples of R2, R4, R7, R14 and R15: what meetings are worth."""

from __future__ import annotations

from datetime import date

from tests.builders import (
    AARHUS,
    ANNA,
    BO,
    CARL,
    KOEBENHAVN,
    KOEGE,
    corrected,
    joint,
    link,
    meeting,
    outcome,
    spell,
    withdrawn,
)
from tests.reference.case import case

_ON_CASH = spell("2019-01-01")

_REPORTED_TWICE = [
    case(
        "R2 (a)",
        "the same citizen, type and minute is one meeting, the jobcentre's, which takes the other's a-kasse",
        [
            meeting("2021-03-01 10:00:55", fact_id="j"),
            meeting("2021-03-01 10:00:05", fact_id="a", source="akasse:3f", reporter="A_KASSE", a_kasse="3F"),
        ],
        enriched={
            "j": {"duplicate_of": None, "a_kasse": "3F", "reason": "no_spell"},
            "a": {"duplicate_of": ("momentum:751", "j"), "reason": "duplicate"},
        },
        whole={
            "meetings_held.csv": (
                "751,2021-03,,JOB,PHYSICAL,true,false,duplicate,1",
                "751,2021-03,,JOB,PHYSICAL,true,false,no_spell,1",
            )
        },
    ),
    case(
        "R2 (a)",
        "among reporters of one kind, the smallest source and fact id is kept, as text",
        # "10" is smaller than "9"
        [meeting("2021-03-01", fact_id="9"), meeting("2021-03-01", fact_id="10")],
        enriched={"10": {"duplicate_of": None}, "9": {"duplicate_of": ("momentum:751", "10")}},
    ),
    case(
        "R2 (a)",
        "another minute, type or citizen is another meeting",
        [
            meeting("2021-03-01 10:00:59", fact_id="1"),
            meeting("2021-03-01 10:01:00", fact_id="2"),
            meeting("2021-03-01 10:00:59", fact_id="3", interview_type="FOLLOW_UP"),
            meeting("2021-03-01 10:00:59", fact_id="4", citizen="b" * 32),
        ],
        enriched={fact_id: {"duplicate_of": None} for fact_id in "1234"},
    ),
    case(
        "R2 (a)",
        "minutes are of the instant: the hour that the clock shows twice is two hours",
        # on 31 October 2021 02:30 is shown at 00:30 and at 01:30 UTC
        [
            meeting("2021-10-31T02:30:00+02:00", fact_id="1"),
            meeting("2021-10-31T02:30:00+01:00", fact_id="2"),
            meeting("2021-10-31T00:30:00Z", fact_id="3"),
        ],
        enriched={
            "1": {"duplicate_of": None},
            "2": {"duplicate_of": None},
            "3": {"duplicate_of": ("momentum:751", "1")},
        },
    ),
    case(
        "R2 (a)",
        "minutes before 1970 are minutes like others",
        [
            meeting("1969-12-31T23:58:00Z", fact_id="1"),
            meeting("1969-12-31T23:58:30Z", fact_id="2"),
            meeting("1969-12-31T23:59:30Z", fact_id="3"),
            meeting("1970-01-01T00:00:30Z", fact_id="4"),
        ],
        enriched={
            "1": {"duplicate_of": None},
            "2": {"duplicate_of": ("momentum:751", "1")},
            "3": {"duplicate_of": None},
            "4": {"duplicate_of": None},
        },
    ),
    case(
        "R2",
        "only among meetings that were held",
        [
            meeting("2021-03-01", fact_id="1", attendance="NO_SHOW"),
            meeting("2021-03-01", fact_id="2"),
            meeting("2021-03-01", fact_id="3", attendance="NO_SHOW"),
        ],
        enriched={"1": {"reason": "no_show"}, "2": {"reason": "no_spell"}, "3": {"reason": "no_show"}},
    ),
    case(
        "R2 (b)",
        "on a day with joint meetings by both, the a-kasse's are duplicates of the jobcentre's first",
        # kept is j2, at 10:00; j1 stays; a1 has no a-kasse to lend, so a2's is taken
        [
            joint("2021-03-01 09:00", "A_KASSE", fact_id="a1", a_kasse=None),
            joint("2021-03-01 11:00", fact_id="j1"),
            joint("2021-03-01 10:00", fact_id="j2"),
            joint("2021-03-01 14:00", "A_KASSE", fact_id="a2", a_kasse="HK"),
        ],
        enriched={
            "a1": {"duplicate_of": ("momentum:751", "j2"), "a_kasse": None},
            "a2": {"duplicate_of": ("momentum:751", "j2"), "a_kasse": "HK"},
            "j1": {"duplicate_of": None, "a_kasse": None},
            "j2": {"duplicate_of": None, "a_kasse": "HK"},
        },
    ),
    case(
        "R2 (b)",
        "a kept record that has an a-kasse keeps it",
        [
            joint("2021-03-01 10:00", fact_id="j", a_kasse="AAK"),
            joint("2021-03-01 14:00", "A_KASSE", fact_id="a", a_kasse="HK"),
        ],
        enriched={"j": {"a_kasse": "AAK"}, "a": {"duplicate_of": ("momentum:751", "j")}},
    ),
    case(
        "R2",
        "(a) first, then (b); each lends, and duplicate_of names the record kept in the end",
        # (a) a1 is kept of the two at 10:00 and takes HK; (b) a1 is j's duplicate and lends j that HK
        [
            joint("2021-03-01 10:00", "A_KASSE", fact_id="a1", a_kasse=None),
            joint("2021-03-01 10:00", "A_KASSE", fact_id="a2", a_kasse="HK"),
            joint("2021-03-01 11:00", fact_id="j"),
        ],
        enriched={
            "a1": {"duplicate_of": ("momentum:751", "j"), "a_kasse": "HK"},
            "a2": {"duplicate_of": ("momentum:751", "j"), "a_kasse": "HK"},
            "j": {"duplicate_of": None, "a_kasse": "HK"},
        },
    ),
    case(
        "R2",
        "only the record that a step keeps takes an a-kasse in it",
        # (a) a1 is kept, but a2 has none to lend; (b) sets a1 aside: HK goes to j, not to a1
        [
            joint("2021-03-01 10:00", "A_KASSE", fact_id="a1", a_kasse=None),
            joint("2021-03-01 10:00", "A_KASSE", fact_id="a2", a_kasse=None),
            joint("2021-03-01 12:00", "A_KASSE", fact_id="a3", a_kasse="HK"),
            joint("2021-03-01 11:00", fact_id="j"),
        ],
        enriched={
            "a1": {"duplicate_of": ("momentum:751", "j"), "a_kasse": None},
            "a2": {"duplicate_of": ("momentum:751", "j"), "a_kasse": None},
            "a3": {"duplicate_of": ("momentum:751", "j"), "a_kasse": "HK"},
            "j": {"duplicate_of": None, "a_kasse": "HK"},
        },
    ),
    case(
        "R2",
        "what (a) set aside does not make a day of (b)",
        # (a) leaves j1 of the two at 10:00; no a-kasse record is left, so j2 stays a meeting of its own
        [
            joint("2021-03-01 10:00", fact_id="j1"),
            joint("2021-03-01 10:00", "A_KASSE", fact_id="a"),
            joint("2021-03-01 09:00", fact_id="j2"),
        ],
        enriched={
            "a": {"duplicate_of": ("momentum:751", "j1")},
            "j1": {"duplicate_of": None, "a_kasse": "3F"},
            "j2": {"duplicate_of": None, "a_kasse": None},
        },
    ),
    case(
        "R2 (b)",
        "the same day is the local date",
        # 22:30 UTC is 23:30 on 1 March, 23:30 UTC is 00:30 on 2 March
        [
            joint("2021-03-01T22:30:00Z", fact_id="j"),
            joint("2021-03-01T23:30:00Z", "A_KASSE", fact_id="a"),
        ],
        enriched={"j": {"a_kasse": None}, "a": {"duplicate_of": None}},
    ),
    case(
        "R2 (b)",
        "one side alone is no pair, and other types are not joint",
        [
            joint("2021-03-01 10:00", "A_KASSE", fact_id="1"),
            joint("2021-03-01 11:00", "A_KASSE", fact_id="2"),
            meeting("2021-03-01 12:00", fact_id="3"),
        ],
        enriched={fact_id: {"duplicate_of": None} for fact_id in "123"},
    ),
]

_SPELL_OF_A_MEETING = [
    case(
        "R4",
        "of several spells first one in the meeting's municipality, though it began earlier",
        [
            spell("2020-01-01"),
            spell("2021-01-01", municipality=KOEBENHAVN, benefit="SICKNESS", target_group=6),
            meeting("2021-03-01", fact_id="m"),
        ],
        enriched={
            "m": {
                "municipality": AARHUS,
                "own_municipality": AARHUS,
                "benefit": "CASH",
                "target_group": 2,
                "spell_start": date(2020, 1, 1),
            }
        },
    ),
    case(
        "R4",
        "then the latest start, then the smallest source and fact id; else another municipality's",
        # none in Køge; "10" is smaller than "9"
        [
            spell("2020-01-01", fact_id="1", benefit="SICKNESS"),
            spell("2020-05-01", fact_id="9", benefit="RESOURCE"),
            spell("2020-05-01", fact_id="10", benefit="CASH"),
            meeting("2021-03-01", fact_id="m", municipality=KOEGE),
        ],
        enriched={"m": {"benefit": "CASH", "municipality": AARHUS, "own_municipality": KOEGE}},
    ),
    case(
        "R4",
        "the first and the last day are covered, of an introduction programme too",
        [
            spell("2021-03-01", "2021-03-31", introduction_programme=True),
            meeting("2021-02-28 23:59", fact_id="before"),
            meeting("2021-03-01 00:00", fact_id="first"),
            meeting("2021-03-31 23:59", fact_id="last"),
            meeting("2021-04-01 00:00", fact_id="after"),
        ],
        enriched={
            "before": {"reason": "no_spell"},
            "first": {"reason": None},
            "last": {"reason": None},
            "after": {"reason": "no_spell"},
        },
    ),
]

_COUNTING = [
    case(
        "R7",
        "a meeting that does not count says the first reason that applies",
        # none has a spell, so each shows the reason that comes before no_spell
        [
            meeting("2021-03-01", interview_type="CV", attendance="NO_SHOW"),
            meeting("2021-03-02", interview_type="CV", reporter="A_KASSE", mode="WRITTEN"),
            joint("2021-03-03", "A_KASSE", mode="WRITTEN"),
            meeting("2021-03-04", reporter="A_KASSE", mode="WRITTEN"),
            meeting("2021-03-05", mode="WRITTEN"),
            meeting("2021-03-06", mode="OTHER"),
            meeting("2021-03-07", mode="UNKNOWN"),
            meeting("2021-03-08"),
        ],
        whole={
            "meetings_held.csv": (
                "751,2021-03,,CV,PHYSICAL,false,false,no_show,1",
                "751,2021-03,,CV,WRITTEN,false,false,type_not_counted,1",
                "751,2021-03,,JOB,OTHER,false,false,mode_not_counted,1",
                "751,2021-03,,JOB,PHYSICAL,false,false,no_spell,1",
                "751,2021-03,,JOB,UNKNOWN,false,false,mode_not_counted,1",
                "751,2021-03,,JOB,WRITTEN,false,false,mode_not_counted,1",
                "751,2021-03,,JOB,WRITTEN,false,false,reported_by_a_kasse,1",
                "751,2021-03,,JOINT,WRITTEN,true,false,unconfirmed_joint,1",
            )
        },
    ),
    case(
        "R7",
        "from 20 March to 26 May 2020, both included, phone and video do not count",
        [
            _ON_CASH,
            meeting("2020-03-19 23:59", fact_id="1", mode="PHONE"),
            meeting("2020-03-20 00:00", fact_id="2", mode="PHONE"),
            meeting("2020-05-26 23:59", fact_id="3", mode="VIDEO"),
            meeting("2020-05-27 00:00", fact_id="4", mode="VIDEO"),
            meeting("2020-04-15", fact_id="5", mode="PHYSICAL"),
        ],
        enriched={
            "1": {"counts": True, "reason": None},
            "2": {"counts": False, "reason": "mode_not_counted"},
            "3": {"counts": False, "reason": "mode_not_counted"},
            "4": {"counts": True, "reason": None},
            "5": {"counts": True, "reason": None},
        },
    ),
    case(
        "R7",
        "an a-kasse's meetings count from 1 January 2024",
        [
            _ON_CASH,
            meeting("2023-12-31 23:59", fact_id="1", reporter="A_KASSE"),
            joint("2023-12-31", "A_KASSE", fact_id="2"),
            meeting("2024-01-01 00:00", fact_id="3", reporter="A_KASSE"),
            joint("2024-01-01", "A_KASSE", fact_id="4"),
        ],
        through="2024-01-31",
        enriched={
            "1": {"reason": "reported_by_a_kasse"},
            "2": {"reason": "unconfirmed_joint"},
            "3": {"reason": None},
            "4": {"reason": None},
        },
    ),
    case(
        "R7",
        "a meeting of one municipality under a spell of another is told under the spell's",
        [spell("2020-01-01", municipality=KOEBENHAVN), meeting("2021-03-01")],
        whole={
            "meetings_held.csv": ("101,2021-03,CASH,JOB,PHYSICAL,false,true,,1",),
            "mode_use.csv": ("101,2021-03,JOB,PHYSICAL,true,true,false,1",),
        },
    ),
]

_FOLLOWED = [
    case(
        "R14",
        "first is the earliest job, follow-up or joint meeting since its spell began",
        [
            spell("2021-01-01", "2021-02-28"),
            spell("2021-03-01"),
            meeting("2020-12-31", fact_id="before"),  # without a spell, so no such meeting
            meeting("2021-01-05", fact_id="cv", interview_type="CV"),
            meeting("2021-01-06", fact_id="no-show", attendance="NO_SHOW"),
            meeting("2021-01-10", fact_id="1", mode="WRITTEN"),  # it need not count
            meeting("2021-02-10", fact_id="2"),
            meeting("2021-03-10", fact_id="3"),
        ],
        enriched={
            "before": {"first": False},
            "cv": {"first": False},
            "no-show": {"first": False},
            "1": {"first": True},
            "2": {"first": False},
            "3": {"first": True},
        },
    ),
    case(
        "R14",
        "an earlier meeting under another spell counts when it lies on or after the start of this one's",
        # 5 February is Aarhus's spell, 10 February Copenhagen's, which began on 1 February
        [
            spell("2021-01-01"),
            spell("2021-02-01", municipality=KOEBENHAVN),
            meeting("2021-02-05", fact_id="1"),
            meeting("2021-02-10", fact_id="2", municipality=KOEBENHAVN),
        ],
        enriched={
            "1": {"first": True, "municipality": AARHUS},
            "2": {"first": False, "municipality": KOEBENHAVN},
        },
    ),
    case(
        "R14",
        "an earlier meeting before the start of this one's spell does not",
        [
            spell("2021-01-01"),
            spell("2021-02-01", municipality=KOEBENHAVN),
            meeting("2021-01-31", fact_id="1"),
            meeting("2021-02-10", fact_id="2", municipality=KOEBENHAVN),
            meeting("2021-02-11", fact_id="3"),
        ],
        enriched={"1": {"first": True}, "2": {"first": True}, "3": {"first": False}},
    ),
    case(
        "R14",
        "at the same instant the smallest source and fact id is first",
        [
            spell("2021-01-01"),
            meeting("2021-02-05", fact_id="9"),
            meeting("2021-02-05", fact_id="10", interview_type="FOLLOW_UP"),
        ],
        enriched={"9": {"first": False}, "10": {"first": True}},
    ),
    case(
        "R14",
        "an outcome follows when it is reached after the meeting's date and no later than date + horizon",
        # 30 November 2020 + 3 months is 28 February 2021
        [
            spell("2020-11-01"),
            meeting("2020-11-30"),
            outcome("2020-11-30", "EDUCATION"),
            outcome("2021-02-28", "JOB"),
            outcome("2021-03-01", "FIT"),
        ],
        whole={
            "transitions.csv": (
                "751,2020-11,CASH,PHYSICAL,true,12,EDUCATION,1,0,true",
                "751,2020-11,CASH,PHYSICAL,true,12,FIT,1,1,true",
                "751,2020-11,CASH,PHYSICAL,true,12,JOB,1,1,true",
                "751,2020-11,CASH,PHYSICAL,true,3,EDUCATION,1,0,true",
                "751,2020-11,CASH,PHYSICAL,true,3,FIT,1,0,true",
                "751,2020-11,CASH,PHYSICAL,true,3,JOB,1,1,true",
                "751,2020-11,CASH,PHYSICAL,true,6,EDUCATION,1,0,true",
                "751,2020-11,CASH,PHYSICAL,true,6,FIT,1,1,true",
                "751,2020-11,CASH,PHYSICAL,true,6,JOB,1,1,true",
            )
        },
    ),
    case(
        "R14",
        "complete when the month's last day + horizon is no later than the end date",
        # 28 February + 3 months is 28 May
        [spell("2021-02-01"), meeting("2021-02-01", interview_type="CV")],
        through="2021-05-28",
        cells={
            "transitions.csv": {
                "751,2021-02,CASH,PHYSICAL,false,3,JOB": "1,0,true",
                "751,2021-02,CASH,PHYSICAL,false,6,JOB": "1,0,false",
            }
        },
    ),
    case(
        "R14",
        "not complete a day earlier; duplicates, no-shows and meetings without a spell are not followed",
        [
            spell("2021-02-01"),
            meeting("2021-02-01", fact_id="1"),
            meeting("2021-02-01", fact_id="2"),
            meeting("2021-02-02", attendance="NO_SHOW"),
            meeting("2021-01-31"),
        ],
        through="2021-05-27",
        cells={
            "transitions.csv": {
                "751,2021-02,CASH,PHYSICAL,true,3,JOB": "1,0,false",
                "751,2021-01": None,
                "751,2021-02,CASH,PHYSICAL,false": None,
            }
        },
    ),
    case(
        "R14",
        "adding months clips, for the horizon and for complete: 29 February + 12 months is 28 February",
        [
            spell("2020-01-01"),
            meeting("2020-02-29"),
            outcome("2021-02-28", "JOB"),
            outcome("2021-03-01", "FIT"),
        ],
        through="2021-02-28",
        cells={
            "transitions.csv": {
                "751,2020-02,CASH,PHYSICAL,true,6,JOB": "1,0,true",
                "751,2020-02,CASH,PHYSICAL,true,12,JOB": "1,1,true",
                "751,2020-02,CASH,PHYSICAL,true,12,FIT": "1,0,true",
            }
        },
    ),
    case(
        "R14",
        "the day after the end date is not known: neither what is reached on it nor that it is complete",
        [spell("2020-01-01"), meeting("2020-02-29"), outcome("2021-02-28", "JOB")],
        through="2021-02-27",
        cells={"transitions.csv": {"751,2020-02,CASH,PHYSICAL,true,12,JOB": "1,0,false"}},
    ),
    case(
        "R14",
        "dates and months are local: half past ten in the evening of 30 June in UTC is July",
        [
            spell("2021-01-01"),
            meeting("2021-06-30T22:30:00Z"),
            outcome("2021-07-01", "JOB"),
            outcome("2021-07-02", "FIT"),
        ],
        cells={
            "transitions.csv": {
                "751,2021-06,CASH,PHYSICAL,true,3,FIT": None,
                "751,2021-07,CASH,PHYSICAL,true,3,JOB": "1,0,true",
                "751,2021-07,CASH,PHYSICAL,true,3,FIT": "1,1,true",
            }
        },
    ),
    case(
        "R14",
        "each meeting is asked for each kind of outcome, which it has reached once, however often",
        [
            spell("2021-01-01"),
            meeting("2021-03-01"),
            meeting("2021-03-15"),
            outcome("2021-03-10"),
            outcome("2021-05-01"),
            outcome("2021-05-01", "FIT"),
        ],
        cells={
            "transitions.csv": {
                "751,2021-03,CASH,PHYSICAL,true,3,JOB": "1,1,true",
                "751,2021-03,CASH,PHYSICAL,true,3,FIT": "1,1,true",
                "751,2021-03,CASH,PHYSICAL,false,3,JOB": "1,1,true",
                "751,2021-03,CASH,PHYSICAL,false,12,EDUCATION": "1,0,false",
            }
        },
    ),
    case(
        "R14",
        "an outcome follows that was another citizen's for a time, or is told under another pseudonym",
        [
            spell("2021-01-01"),
            meeting("2021-03-01"),
            outcome("2021-04-01"),
            corrected(outcome("2021-04-01"), citizen=CARL),
            corrected(outcome("2021-04-01"), version=3),
            outcome("2021-04-02", "FIT", citizen=BO),
            link(BO, ANNA),
            withdrawn(outcome("2021-04-03", "EDUCATION")),
            outcome("2021-04-03", "EDUCATION"),
        ],
        cells={
            "transitions.csv": {
                "751,2021-03,CASH,PHYSICAL,true,3,JOB": "1,1,true",
                "751,2021-03,CASH,PHYSICAL,true,3,FIT": "1,1,true",
                "751,2021-03,CASH,PHYSICAL,true,3,EDUCATION": "1,0,true",
            }
        },
    ),
    case(
        "R14",
        "a meeting is told under the municipality and the benefit of its spell",
        [spell("2021-01-01", municipality=KOEBENHAVN, benefit="SICKNESS"), meeting("2021-03-01", mode="PHONE")],
        cells={
            "transitions.csv": {
                "101,2021-03,SICKNESS,PHONE,true,3,JOB": "1,0,true",
                "751,2021-03,SICKNESS,PHONE,true,3,JOB": None,
            }
        },
    ),
    case(
        "Section 4",
        "the outcome is the first after the meeting, on the same day a job before education before health",
        # 1 March to 15 March is 14 days
        [
            meeting("2021-03-01", fact_id="m"),
            outcome("2021-03-01", "JOB"),
            outcome("2021-03-15", "FIT"),
            outcome("2021-03-15", "EDUCATION"),
            outcome("2021-03-16", "JOB", fact_id="later"),
        ],
        enriched={
            "m": {
                "citizen": ANNA,
                "outcome": "EDUCATION",
                "outcome_on": date(2021, 3, 15),
                "days_to_outcome": 14,
            }
        },
    ),
    case(
        "Section 4",
        "an outcome more than 12 calendar months after the meeting is none of it",
        # 29 February 2020 + 12 months is 28 February 2021
        [
            meeting("2020-02-29", fact_id="1"),
            meeting("2020-03-01", fact_id="2"),
            outcome("2021-03-01", "JOB"),
        ],
        enriched={"1": {"outcome": None}, "2": {"outcome": "JOB", "days_to_outcome": 365}},
    ),
]

_LAWFUL = {"mode_lawful": True, "assessment_missing": False}
_UNLAWFUL = {"mode_lawful": False, "assessment_missing": False}
_UNLAWFUL_FOR_WANT_OF_ASSESSMENT = {"mode_lawful": False, "assessment_missing": True}

_MODES = [
    case(
        "R15",
        "before 2020 no row matches: lawful is null and no assessment is missing",
        [meeting("2019-12-31 23:59", fact_id="m", mode="PHONE")],
        enriched={"m": {"mode_lawful": None, "mode_rule": None, "assessment_missing": False}},
        whole={"mode_use.csv": ("751,2019-12,JOB,PHONE,false,,false,1",)},
    ),
    case(
        "R15",
        "with_assessment: allowed only when the individual assessment is documented",
        [
            meeting("2020-01-15", fact_id="1", mode="PHONE", assessment_documented=True),
            meeting("2020-01-16", fact_id="2", mode="PHONE", assessment_documented=False),
            meeting("2020-01-17", fact_id="3", mode="WRITTEN"),
            meeting("2020-01-18", fact_id="4", mode="PHYSICAL"),
            meeting("2020-01-19", fact_id="5", mode="OTHER"),
        ],
        enriched={
            "1": _LAWFUL,
            "2": _UNLAWFUL_FOR_WANT_OF_ASSESSMENT,
            "3": _UNLAWFUL_FOR_WANT_OF_ASSESSMENT,
            "4": _LAWFUL,
            "5": _UNLAWFUL,
        },
    ),
    case(
        "R15",
        "the first row that matches decides: joint meetings of early 2020 know no assessment",
        [
            joint("2020-03-19 10:00", fact_id="1", mode="VIDEO"),
            joint("2020-03-19 11:00", fact_id="2", mode="PHONE", assessment_documented=True),
            joint("2020-03-20 11:00", fact_id="3", mode="PHONE"),
            joint("2020-03-20 12:00", fact_id="4", mode="PHYSICAL"),
        ],
        enriched={"1": _LAWFUL, "2": _UNLAWFUL, "3": _LAWFUL, "4": _UNLAWFUL},
    ),
    case(
        "R15",
        "the region is of the municipality of its spell, else its own",
        # Copenhagen and Køge were to stay remote until 14 June, Aarhus not
        [
            spell("2020-01-01", "2020-06-07", municipality=KOEBENHAVN),
            meeting("2020-06-05", fact_id="copenhagen's"),
            meeting("2020-06-08", fact_id="own"),
            meeting("2020-06-14", fact_id="koege", municipality=KOEGE),
            meeting("2020-06-15", fact_id="later", municipality=KOEGE),
        ],
        enriched={"copenhagen's": _UNLAWFUL, "own": _LAWFUL, "koege": _UNLAWFUL, "later": _LAWFUL},
    ),
    case(
        "R15",
        "assessment_expected: allowed, but one should be documented",
        [
            meeting("2020-06-15", fact_id="1", mode="PHONE"),
            meeting("2021-07-31", fact_id="2", mode="VIDEO", assessment_documented=True),
            meeting("2021-08-01", fact_id="3", mode="VIDEO"),
        ],
        enriched={
            "1": {"mode_lawful": True, "assessment_missing": True},
            "2": _LAWFUL,
            "3": _UNLAWFUL_FOR_WANT_OF_ASSESSMENT,
        },
    ),
    case(
        "R15",
        "six months reached: completed before the meeting's day, since the start of its spell",
        # 15 September 2021 + 6 months is 15 March 2022; without a spell they are not reached
        [
            spell("2021-09-15", "2022-12-01"),
            meeting("2022-03-14", fact_id="day before", mode="PHONE"),
            meeting("2022-03-15", fact_id="that day", mode="PHONE"),
            meeting("2022-12-02", fact_id="without", mode="PHONE"),
        ],
        through="2022-12-31",
        enriched={
            "day before": _UNLAWFUL_FOR_WANT_OF_ASSESSMENT,
            "that day": _LAWFUL,
            "without": _UNLAWFUL_FOR_WANT_OF_ASSESSMENT,
        },
    ),
    case(
        "R15",
        "from 22 March 2023 the first meeting is to be physical, later ones may be remote",
        [
            spell("2023-03-22"),
            meeting("2023-03-22 09:00", fact_id="1", mode="PHONE"),
            meeting("2023-03-22 10:00", fact_id="2", mode="PHONE"),
            meeting("2023-03-23", fact_id="3", mode="WRITTEN"),
        ],
        through="2023-12-31",
        enriched={"1": _UNLAWFUL | {"first": True}, "2": _LAWFUL | {"first": False}, "3": _UNLAWFUL},
    ),
    case(
        "R15",
        "an unlawful mode is flagged, never dropped, and a mode that is not known is in no set",
        [spell("2020-01-01"), meeting("2021-02-01", mode="UNKNOWN"), meeting("2021-02-02", mode="WRITTEN")],
        whole={
            "mode_use.csv": (
                "751,2021-02,JOB,UNKNOWN,true,false,false,1",
                "751,2021-02,JOB,WRITTEN,false,false,false,1",
            )
        },
    ),
]

CASES = [*_REPORTED_TWICE, *_SPELL_OF_A_MEETING, *_COUNTING, *_FOLLOWED, *_MODES]
