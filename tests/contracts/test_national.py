"""How the national topic is read: a release counts when it is whole."""

from __future__ import annotations

from datetime import UTC, date, datetime

from fokusstrom.contracts import keys
from fokusstrom.contracts.checksums import checksum
from fokusstrom.contracts.national import History, Release, Releases, figure_key, forms_of
from fokusstrom.contracts.records import (
    ConfidentialityStatus,
    Coverage,
    FigureStatus,
    NationalRecord,
    ObservationStatus,
    ReleaseManifest,
    RevisionReason,
    encode,
)
from fokusstrom.contracts.schemas import checked_in
from fokusstrom.domain.measures import Key
from fokusstrom.domain.releases import Status

CATALOG = checked_in()
AT = datetime(2022, 1, 1, tzinfo=UTC)
COVERAGE = Coverage(sources_heard=1, sources_expected=None, municipalities=1)


def record(release: int, value: int | None, revision: int = 0) -> NationalRecord:
    """Give Aarhus' figure of March 2021."""
    return NationalRecord(
        measure="focus_meetings",
        area="751",
        period="2021-03",
        value=value,
        base=None if value is None else 40,
        share_permille=None if value is None else 250,
        unit="persons",
        obs_status=ObservationStatus.ESTIMATED,
        conf_status=ConfidentialityStatus.PRIMARY if value is None else ConfidentialityStatus.FREE,
        status=FigureStatus.FINAL,
        revision=revision,
        revision_reason=RevisionReason.DATA if revision else None,
        previous_revision=revision - 1 if revision else None,
        coverage=COVERAGE,
        through=date(2021, 12, 31),
        computed_at=AT,
        first_published_at=AT,
        published_at=AT,
        rule_set="ab",
        rule_set_name="in-force",
        rule_set_version="1",
        rests_on_assumed=True,
        software="test",
        release=release,
        definition="urn:test",
    )


def manifest(release: int, sent: dict[bytes, bytes]) -> ReleaseManifest:
    """Give what closes a release of these records."""
    return ReleaseManifest(
        release=release,
        cut=release,
        records=len(sent),
        checksum=checksum(sent.items()),
        through=date(2021, 12, 31),
        rule_set="ab",
        rule_set_name="in-force",
        rule_set_version="1",
        positions=(),
        totals=(),
        meetings_by_reason=(),
        refused=0,
        deliveries=0,
        coverage=COVERAGE,
        silent_sources=(),
        nothing_to_report=(),
        deployments=(),
        software="test",
        published_at=AT,
    )


KEY = keys.measure_key("focus_meetings", "751", "2021-03")


def test_what_a_release_changed_is_given_as_it_is_seen() -> None:
    """Numbers where they are shown, none where they are hidden."""
    figure = Key("focus_meetings", "751", "2021-03")
    shown = forms_of(CATALOG, {KEY: encode(CATALOG, record(1, 10))})[figure]
    assert (shown.value, shown.base, shown.is_hidden) == (10, 40, False)
    hidden = forms_of(CATALOG, {KEY: encode(CATALOG, record(1, None))})[figure]
    assert (hidden.value, hidden.base, hidden.is_hidden) == (None, None, True)


def test_what_is_not_wanted_is_not_read() -> None:
    """An audit of one release reads what it needs of the others."""
    told = {KEY: encode(CATALOG, record(1, 10)), keys.measure_key("focus_meetings", "751", "2021-04"): b"no record"}
    assert list(forms_of(CATALOG, told, lambda key: key.period == "2021-03")) == [
        Key("focus_meetings", "751", "2021-03")
    ]


def feed(releases: Releases, release: int, sent: dict[bytes, bytes], lost: int = 0) -> Release | None:
    """Feed a release, of which some records are lost."""
    for key, value in list(sent.items())[lost:]:
        assert releases.feed(key, value) is None
    return releases.feed(keys.manifest_key(release), encode(CATALOG, manifest(release, sent)))


def test_the_newest_record_of_each_key_is_what_is_published() -> None:
    """Readers take the newest of each key, of complete releases."""
    releases, history = Releases(CATALOG), History()
    for number, value in ((1, 10), (2, None)):
        whole = feed(releases, number, {KEY: encode(CATALOG, record(number, value, number - 1))})
        assert whole is not None
        history.add(whole)
    (published,) = history.published().values()
    assert (published.shown.is_hidden, published.status, published.revision) == (True, Status.FINAL, 1)
    assert history.last is not None
    assert history.last.release == 2


def test_a_release_of_which_a_record_is_missing_is_none() -> None:
    """Number and checksum of the manifest must agree."""
    releases = Releases(CATALOG)
    assert feed(releases, 1, {KEY: encode(CATALOG, record(1, 10))}, lost=1) is None
    assert set(releases.broken) == {1}
    assert "names 1 records" in releases.broken[1]


def test_records_without_a_manifest_are_none() -> None:
    """A release under way is not shown, and not mixed into another."""
    releases = Releases(CATALOG)
    releases.feed(KEY, encode(CATALOG, record(1, 10)))
    whole = feed(releases, 2, {KEY: encode(CATALOG, record(2, 11))})
    assert whole is not None
    assert [one.value for one in whole.records.values()] == [11]


def test_a_release_that_cannot_be_read_is_none() -> None:
    """Its checksum agrees, and its record is none."""
    releases = Releases(CATALOG)
    whole = encode(CATALOG, record(1, 10))
    assert feed(releases, 1, {KEY: whole[:-3]}) is None
    assert releases.broken == {1: "release 1 holds a record that can't be read (truncated)"}
    assert feed(releases, 2, {KEY: encode(CATALOG, record(2, 10))}) is not None


def test_what_cannot_be_read_beside_a_release_is_counted() -> None:
    """Of a release that was never finished there is a record, and one that was cut off."""
    releases = Releases(CATALOG)
    whole = encode(CATALOG, record(1, 10))
    for month, value in (("2021-04", whole), ("2021-05", whole[:-3])):
        key = keys.measure_key("focus_meetings", "751", month)
        assert releases.feed(key, value) is None
    assert feed(releases, 2, {KEY: encode(CATALOG, record(2, 11))}) is not None
    assert (releases.unreadable, dict(releases.broken)) == (1, {})


def test_what_cannot_be_read_is_counted_and_left_out() -> None:
    """Bad input never stops the good."""
    releases = Releases(CATALOG)
    assert releases.feed(b"x", b"nonsense") is None
    assert releases.feed(None, None) is None
    assert releases.unreadable == 2
    assert feed(releases, 1, {KEY: encode(CATALOG, record(1, 10))}) is not None


def test_a_record_names_its_figure() -> None:
    """Measure, area, month, and the measure's own dimensions."""
    assert figure_key(record(1, 10)) == Key("focus_meetings", "751", "2021-03")
