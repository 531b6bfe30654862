"""Hypothesis strategies for histories that shrink to cases a reader can follow: all pools are small."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.builders import (
    AARHUS,
    ANNA,
    BO,
    CARL,
    KOEBENHAVN,
    FactLine,
    expected_share,
    hours,
    instant,
    link,
    meeting,
    offer,
    outcome,
    spell,
    withdrawn,
)

_CITIZENS = st.sampled_from((ANNA, BO, CARL))
_MUNICIPALITIES = st.sampled_from((AARHUS, KOEBENHAVN))
_SOURCES = st.sampled_from(("momentum:751", "akasse:3f"))
_FACT_IDS = st.sampled_from(("1", "2", "3", "4"))
_DAYS = st.sampled_from((
    "2020-01-31", "2020-02-01", "2020-02-29", "2020-03-01", "2020-03-31", "2020-05-26",
    "2020-05-27", "2020-12-31", "2021-01-01", "2021-01-31", "2021-02-01", "2021-02-28",
    "2021-03-01", "2021-10-31", "2021-12-31", "2022-01-01",
))  # fmt: skip
_TIMES = st.sampled_from(("10:00:00", "10:00:59", "10:01:00", "00:00:00", "23:30:00"))
_REGISTERED = st.sampled_from(("2022-01-01T00:00:00Z", "2022-01-01T01:00:00+01:00", "2022-01-02T00:00:00Z"))


def _told(about: st.SearchStrategy[FactLine]) -> st.SearchStrategy[FactLine]:
    """Let a source tell the fact in some version, or withdraw it."""
    told = st.builds(
        lambda fact, source, fact_id, version, registered_at: (
            fact | {"source": source, "fact_id": fact_id, "version": version, "registered_at": registered_at}
        ),
        about,
        _SOURCES,
        _FACT_IDS,
        st.integers(0, 2),
        _REGISTERED,
    )
    return st.one_of(told, told, told, told, told.map(lambda fact: withdrawn(fact, fact["version"])))


def meetings() -> st.SearchStrategy[FactLine]:
    """Draw a meeting."""
    return st.builds(
        lambda day, time, **own: meeting(instant(f"{day} {time}"), **own),
        _DAYS,
        _TIMES,
        citizen=_CITIZENS,
        municipality=_MUNICIPALITIES,
        interview_type=st.sampled_from(("JOINT", "JOB", "CV")),
        reporter=st.sampled_from(("JOBCENTER", "A_KASSE")),
        a_kasse=st.sampled_from((None, "3F", "HK")),
        mode=st.sampled_from(("PHYSICAL", "PHONE", "WRITTEN", "UNKNOWN")),
        attendance=st.sampled_from(("HELD", "NO_SHOW")),
        assessment_documented=st.sampled_from((None, True, False)),
    )


def spells() -> st.SearchStrategy[FactLine]:
    """Draw a spell."""
    drawn = st.builds(
        spell,
        _DAYS,
        st.one_of(st.none(), _DAYS),
        citizen=_CITIZENS,
        municipality=_MUNICIPALITIES,
        benefit=st.sampled_from(("CASH", "UNEMPLOYMENT", "SICKNESS", "TRANSITION")),
        target_group=st.sampled_from((2, 6)),
        introduction_programme=st.sampled_from((False, False, True)),
    )
    return drawn.map(_in_order)


def offers() -> st.SearchStrategy[FactLine]:
    """Draw an offer."""
    kinds = st.sampled_from(("INTERNSHIP", "OTHER"))
    return st.builds(offer, _DAYS, st.one_of(st.none(), _DAYS), citizen=_CITIZENS, offer_type=kinds).map(_in_order)


def _in_order(fact: FactLine) -> FactLine:
    """Let the fact run where its end lies before its start."""
    return fact | {"ends_on": None} if fact["ends_on"] and fact["ends_on"] < fact["starts_on"] else fact


def others() -> st.SearchStrategy[FactLine]:
    """Draw hours, an outcome, a link or an expected share."""
    pairs = st.permutations((ANNA, BO, CARL))
    shares = st.sampled_from((0.2, 0.25))
    return st.one_of(
        st.builds(hours, _DAYS.map(lambda day: day[:7]), st.sampled_from((0, 112.5, 225)), citizen=_CITIZENS),
        st.builds(outcome, _DAYS, st.sampled_from(("JOB", "FIT")), citizen=_CITIZENS),
        pairs.map(lambda pair: link(pair[0], pair[1])),
        st.builds(expected_share, st.sampled_from((2020, 2021)), shares, shares, municipality=_MUNICIPALITIES),
    )


def histories(max_size: int = 30) -> st.SearchStrategy[list[FactLine]]:
    """Draw a history of three citizens; its order is the order of arrival."""
    return st.lists(_told(st.one_of(spells(), meetings(), meetings(), offers(), others())), max_size=max_size)
