"""The simulated facts: what they promise whatever the seed, and what the rates do."""

from __future__ import annotations

import dataclasses
import functools
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.simulation import ahead, engine
from fokusstrom.simulation.settings import CLEAN, Rates, Settings
from fokusstrom.simulation.world import world

CITIZENS = 6_000
DIRTY = Settings(CITIZENS, 3, "2019-01", "2021-12")
TIDY = dataclasses.replace(DIRTY, rates=CLEAN)


@functools.cache
def simulated(settings: Settings) -> engine.Tables:
    """All records by type."""
    chunks = list(engine.simulate(settings))
    return {name: pa.concat_tables(chunk[name] for chunk in chunks) for name in FACT_TYPES}


def one(query: str, settings: Settings = DIRTY) -> float:
    """The single number that a query gives over the records, each type a relation of its SQL name."""
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        for name, table in simulated(settings).items():
            database.register(FACT_TYPES[name].relation, table)
        row = database.execute(query).fetchone()
    assert row is not None
    return float(row[0])


def each(query: str) -> str:
    """A query over all types' records, united: `{type}` and `{relation}` stand for the type's."""
    return " UNION ALL ".join(query.format(type=name, relation=each.relation) for name, each in FACT_TYPES.items())


ALL = (
    "("
    + each("SELECT '{type}' AS type, source, fact_id, version, deleted, registered_at, citizen FROM {relation}")
    + ")"
)


def test_every_chunk_has_every_type_with_its_columns() -> None:
    """Tables have the fact types' own schema, and a type without facts has an empty table."""
    for chunk in engine.simulate(Settings(50, 1, "2020-01", "2020-03", CLEAN)):
        assert {name: table.schema for name, table in chunk.items()} == {
            name: fact_type.arrow_schema for name, fact_type in FACT_TYPES.items()
        }
        assert chunk["CitizenLink"].num_rows == 0


def test_the_same_seed_gives_the_same_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts depend on the settings alone, not on how many threads make them."""
    monkeypatch.setattr(engine, "CHUNK", 300)
    settings = Settings(1_000, 5, "2020-01", "2020-12")
    first = list(engine.simulate(settings))
    monkeypatch.setattr(ahead, "_THREADS", 1)

    assert list(engine.simulate(settings)) == first


def test_another_seed_gives_other_citizens() -> None:
    """No citizen of one seed is one of another."""
    other = simulated(dataclasses.replace(DIRTY, seed=4))["BenefitSpell"]["citizen"]

    assert not pc.any(pc.is_in(other, simulated(DIRTY)["BenefitSpell"]["citizen"])).as_py()


def test_tables_are_sorted_by_arrival() -> None:
    """Within a chunk, each table is in the order of `registered_at`."""
    for chunk in engine.simulate(DIRTY):
        for table in chunk.values():
            instants = table["registered_at"].cast(pa.int64()).to_numpy()
            assert (instants[1:] >= instants[:-1]).all()


def test_meetings_lie_in_the_months_asked_for() -> None:
    """No record, right or wrong, has a meeting outside --from and --to, by local time."""
    copenhagen = ZoneInfo("Europe/Copenhagen")
    held = pc.min_max(simulated(DIRTY)["MeetingHeld"]["held_at"]).as_py()

    assert datetime.combine(date(2019, 1, 1), time(), copenhagen) <= held["min"].astimezone(UTC)
    assert held["max"].astimezone(UTC) < datetime.combine(date(2022, 1, 1), time(), copenhagen)


@pytest.mark.parametrize("month", ["2019-03", "2019-10", "2020-02"])
def test_a_single_month_can_be_asked_for(month: str) -> None:
    """One month alone, also one in which the clock is changed, holds its meetings."""
    settings = Settings(400, 1, month, month)
    local = "strftime(timezone('Europe/Copenhagen', held_at), '%Y-%m')"

    assert one("SELECT count(*) FROM meeting_held", settings) > 100
    assert one(f"SELECT count(*) FROM meeting_held WHERE {local} <> '{month}'", settings) == 0


def test_all_municipalities_take_part_by_their_size() -> None:
    """The 98 municipalities are weighted by inhabitants: København has about 10.9 %, Læsø hardly anyone."""
    assert one("SELECT count(DISTINCT municipality) FROM benefit_spell") >= 95
    share = "SELECT count(*) FILTER (municipality = '{}') / count(*) FROM benefit_spell"
    assert one(share.format("101")) == pytest.approx(0.109, abs=0.015)
    assert one(share.format("825")) < 0.003


def test_target_groups_fit_the_benefit() -> None:
    """Each benefit has the target groups that LAB section 6 gives it."""
    fitting = (
        "('UNEMPLOYMENT', 1), ('CASH', 2), ('CASH', 3), ('EDUCATION', 4), ('EDUCATION', 5), ('SICKNESS', 6),"
        "('TRANSITION', 2), ('TRANSITION', 3), ('JOB_CLARIFICATION', 7), ('RESOURCE', 8),"
        "('FLEX_UNEMPLOYMENT', 9), ('REHABILITATION', 10)"
    )
    pairs = f"SELECT count(*) FROM benefit_spell WHERE (benefit, target_group) NOT IN ({fitting})"

    assert one(pairs, TIDY) == 0
    assert one("SELECT count(DISTINCT (benefit, target_group)) FROM benefit_spell", TIDY) == 12


def test_the_hard_cases_of_seniority_occur() -> None:
    """There are introduction programmes, takeovers from TRANSITION, gaps, moves, and a year on a benefit."""
    after = "FROM benefit_spell AS a JOIN benefit_spell AS b ON a.citizen = b.citizen AND a.ends_on < b.starts_on"
    near = "b.starts_on - a.ends_on < 28"

    assert one("SELECT count(*) FROM benefit_spell WHERE introduction_programme", TIDY) > 20
    takeovers = f"SELECT count(*) {after} WHERE a.benefit = 'TRANSITION' AND b.benefit = 'CASH' AND {near}"
    assert one(takeovers, TIDY) > 5
    gaps = f"SELECT count(*) {after} WHERE a.benefit = b.benefit AND b.starts_on > a.ends_on + 1"
    assert one(gaps, TIDY) > 500
    moves = f"SELECT count(*) {after} WHERE a.municipality <> b.municipality AND {near}"
    assert one(moves, TIDY) > 100
    year = "SELECT count(*) FROM benefit_spell WHERE coalesce(ends_on, DATE '2021-12-31') - starts_on > 365"
    assert one(year, TIDY) > 1_000


def test_funds_report_their_members_only() -> None:
    """An unemployment fund's meetings come from its own source; the jobcentre's from its municipality's."""
    wrong = """SELECT count(*) FROM meeting_held WHERE
        CASE reporter WHEN 'A_KASSE' THEN source <> 'akasse:' || lower(a_kasse) OR jobcenter IS NOT NULL
        ELSE split_part(source, ':', 2) <> municipality END"""

    assert one(wrong, TIDY) == 0
    assert one("SELECT count(*) FROM meeting_held WHERE source = 'momentum:751'", TIDY) > 0
    assert one("SELECT count(*) FROM meeting_held WHERE source = 'fasit:101'", TIDY) > 0
    assert {source.split(":")[0] for source in world().sources} >= {"momentum", "fasit", "workbase"}


def test_remote_meetings_are_shorter() -> None:
    """Meetings by phone and video take less time than those at a desk."""
    mean = "SELECT avg(duration_minutes) FROM meeting_held WHERE mode {} 'PHYSICAL'"

    assert one(mean.format("=")) - one(mean.format("<>")) > 10


def test_every_municipality_has_an_expected_share_for_every_year() -> None:
    """Expected shares name no citizen, and come once for each of the 98 and each year."""
    shares = simulated(TIDY)["ExpectedBenefitShare"]

    assert shares.num_rows == 3 * 98
    assert shares["citizen"].null_count == shares.num_rows
    assert set(shares["assessment_year"].to_pylist()) == {2019, 2020, 2021}


# --- what the rates do -----------------------------------------------------------------------------


def test_at_rates_of_zero_every_fact_is_right_at_once() -> None:
    """Clean facts come once, as version 0, within days, none withdrawn, joint meetings from one side."""
    assert one(f"SELECT count(*) FROM {ALL} WHERE version > 0 OR deleted", TIDY) == 0
    assert one(f"SELECT count(*) - count(DISTINCT (type, source, fact_id)) FROM {ALL}", TIDY) == 0
    late = "SELECT count(*) FROM meeting_held WHERE registered_at - held_at > INTERVAL 4 DAYS"
    assert one(late, TIDY) == 0
    reasons = each("SELECT change_reason FROM {relation}")
    assert one(f"SELECT count(*) FROM ({reasons}) WHERE change_reason <> 'CREATED'", TIDY) == 0
    joint = "SELECT count(*) FROM meeting_held WHERE interview_type = 'JOINT' AND reporter = 'A_KASSE'"
    assert one(joint, TIDY) == 0
    assert simulated(TIDY)["CitizenLink"].num_rows == simulated(TIDY)["CitizenProtection"].num_rows == 0


def test_errors_leave_the_truth_as_it_is() -> None:
    """What holds by R1 with errors is what was sent without them: corrections correct, withdrawals withdraw."""
    errors = Rates(**(vars(CLEAN) | {"corrected": 0.2, "moved": 0.1, "withdrawn": 0.1, "redelivered": 0.1}))
    wrong = simulated(dataclasses.replace(DIRTY, rates=errors))["OrdinaryHours"]
    right = simulated(TIDY)["OrdinaryHours"]
    content = "source, fact_id, citizen, month, hours"
    with duckdb.connect() as database:
        database.register("sent", wrong)
        database.register("truth", right)
        held = f"""(SELECT {content} FROM sent WHERE true
            QUALIFY rank() OVER (PARTITION BY source, fact_id ORDER BY version DESC) = 1 AND NOT deleted)"""
        differing = database.sql(
            f"(FROM {held} EXCEPT SELECT {content} FROM truth) UNION ALL"
            f" (SELECT {content} FROM truth EXCEPT FROM {held})"
        ).fetchall()

    assert wrong.num_rows > 1.3 * right.num_rows
    assert differing == []


_LATE = "registered_at - held_at > INTERVAL 73 HOURS"
_BY_FUND, _BY_JOBCENTRE = "reporter = 'A_KASSE'", "reporter = 'JOBCENTER'"
_ALL_HOURS = "(SELECT count(DISTINCT fact_id) FROM ordinary_hours)"
_TWO_VERSIONS = """FROM ordinary_hours AS a JOIN ordinary_hours AS b USING (fact_id)
    WHERE a.version = 0 AND b.version = 1"""
_REPEATED = "SELECT 1 - count(DISTINCT (fact_id, version)) / count(*) FROM meeting_held"
RATES = {
    "delayed": f"SELECT avg(({_LATE})::INT) FROM meeting_held WHERE version = 0",
    "corrected": f"SELECT count(*) / {_ALL_HOURS} {_TWO_VERSIONS} AND NOT b.deleted",
    "overtaken": f"SELECT avg((b.registered_at < a.registered_at)::INT) {_TWO_VERSIONS}",
    "withdrawn": """SELECT count(DISTINCT fact_id) FILTER (deleted)
        / count(DISTINCT fact_id) FILTER (NOT deleted) FROM meeting_held""",
    "moved": f"SELECT count(*) / {_ALL_HOURS} {_TWO_VERSIONS} AND a.citizen <> b.citizen",
    "redelivered": _REPEATED,
    "conflicting": _REPEATED,
    "joint_reported_twice": f"""SELECT count(*) FILTER ({_BY_FUND}) / count(*) FILTER ({_BY_JOBCENTRE})
        FROM meeting_held WHERE interview_type = 'JOINT'""",
    "joint_only_by_fund": f"SELECT avg(({_BY_FUND})::INT) FROM meeting_held WHERE interview_type = 'JOINT'",
    "changed_numbers": f"SELECT count(*) / {CITIZENS} FROM citizen_link",
    "protected": f"SELECT count(*) / {CITIZENS} FROM citizen_protection",
    "closed_later": """SELECT count(DISTINCT fact_id) FILTER (version = 1)
        / count(DISTINCT fact_id) FILTER (ends_on IS NOT NULL) FROM benefit_spell""",
    "meetings_without_spell": """SELECT count(*) / (SELECT count(*) FROM meeting_held)
        FROM meeting_held AS meeting ANTI JOIN benefit_spell AS spell ON spell.citizen = meeting.citizen
        AND timezone('Europe/Copenhagen', held_at)::DATE BETWEEN starts_on AND coalesce(ends_on, '9999-01-01')""",
}
"""How often each rate's event occurs, as SQL."""


@pytest.mark.parametrize("rate", RATES)
def test_a_rate_is_kept(rate: str) -> None:
    """Each rate, set alone, comes out about as set; at zero it does not occur."""
    share = 0.1
    others = {"corrected": 0.5} if rate == "overtaken" else {}
    settings = dataclasses.replace(DIRTY, rates=Rates(**(vars(CLEAN) | others | {rate: share})))

    assert one(RATES[rate], settings) == pytest.approx(share, rel=0.3)
    assert one(RATES[rate], dataclasses.replace(DIRTY, rates=Rates(**(vars(CLEAN) | others)))) < 0.001


def test_both_sides_may_disagree_on_the_minute() -> None:
    """Of joint meetings reported twice, the set share differ in the minute, on the same local day."""
    rates = Rates(**(vars(CLEAN) | {"joint_reported_twice": 1.0, "joint_minutes_apart": 0.4}))
    pairs = """SELECT {} FROM meeting_held AS jobcentre JOIN meeting_held AS fund USING (citizen)
        WHERE jobcentre.interview_type = 'JOINT' AND fund.interview_type = 'JOINT'
          AND jobcentre.reporter = 'JOBCENTER' AND fund.reporter = 'A_KASSE'
          AND abs(epoch_ms(jobcentre.held_at) - epoch_ms(fund.held_at)) < 6 * 3600000"""
    settings = dataclasses.replace(DIRTY, rates=rates)

    apart = "avg((jobcentre.held_at <> fund.held_at)::INT)"
    assert one(pairs.format(apart), settings) == pytest.approx(0.4, abs=0.08)
    days = "timezone('Europe/Copenhagen', {}.held_at)::DATE"
    differ = f"count(*) FILTER ({days.format('jobcentre')} <> {days.format('fund')})"
    assert one(pairs.format(differ), settings) == 0


def test_after_a_change_of_number_facts_come_under_the_new_pseudonym() -> None:
    """A link names two pseudonyms under which facts came, and some links are withdrawn again."""
    rates = Rates(**(vars(CLEAN) | {"changed_numbers": 0.3, "links_withdrawn": 0.2}))
    settings = dataclasses.replace(DIRTY, rates=rates)
    both = """SELECT count(*) FROM citizen_link AS link WHERE NOT deleted
        AND EXISTS (FROM meeting_held WHERE citizen = link.citizen)
        AND EXISTS (FROM meeting_held WHERE citizen = link.same_as)"""

    assert one(both, settings) > 300
    assert one("SELECT avg(deleted::INT) FROM citizen_link", settings) == pytest.approx(1 / 6, abs=0.05)


def test_some_delays_are_very_long() -> None:
    """Registrations have a tail beyond 60 days."""
    tail = "SELECT avg((registered_at - held_at > INTERVAL 60 DAYS)::INT) FROM meeting_held WHERE version = 0"

    assert 0.001 < one(tail) < 0.02
