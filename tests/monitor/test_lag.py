"""What is made of where a group stands: its lag, its age and its state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fokusstrom.monitor.lag import ALL_TOPICS, PATIENCE, Lag, Observation, Place, State, Watch, by_group

NOW = datetime(2021, 5, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(hours=1)


def _seen(*places: Place) -> Observation:
    return Observation("group", "topic", places)


def _judged(*places: Place) -> Lag:
    return Watch().judge(_seen(*places), NOW)


def test_lag_is_counted_in_offsets_and_aged_by_the_oldest_unread_record() -> None:
    """Lag is the sum over the partitions; its age is that of the oldest record that was not read."""
    lag = _judged(
        Place(committed=5, first=0, end=8, oldest_unread=NOW - timedelta(seconds=9)),
        Place(committed=2, first=0, end=4, oldest_unread=NOW - timedelta(seconds=4)),
        Place(committed=3, first=0, end=3),
    )
    assert lag == Lag("group", "topic", 5, timedelta(seconds=9), State.BEHIND)


def test_markers_are_no_lag() -> None:
    """Where only transaction markers are left to read, a group is up to date."""
    assert _judged(Place(committed=5, first=0, end=6)) == Lag("group", "topic", 0, None, State.UP_TO_DATE)


def test_what_is_not_known_is_unknown() -> None:
    """A probe that failed, and a group that never said where it is, read unknown, never 0."""
    assert Watch().judge(Observation("group", "topic", None), NOW) == Lag("group", "topic", None, None, State.UNKNOWN)
    assert _judged(Place(None, 0, 3, OLD)) == Lag("group", "topic", None, None, State.UNKNOWN)


def test_nothing_to_read_is_nothing_unread() -> None:
    """Of an empty topic a group has read all, whether it said so or not."""
    assert _judged(Place(None, 0, 0)).state is State.UP_TO_DATE


def test_who_does_not_move_is_stopped() -> None:
    """A group with old records to read that stands still for so long is stopped; when it moves again, behind."""
    watch, place = Watch(), Place(5, 0, 8, OLD)
    assert watch.judge(_seen(place), NOW).state is State.BEHIND
    assert watch.judge(_seen(place), NOW + PATIENCE / 2).state is State.BEHIND
    assert watch.judge(_seen(place), NOW + PATIENCE).state is State.STOPPED
    assert watch.judge(_seen(Place(6, 0, 8, OLD)), NOW + PATIENCE).state is State.BEHIND


def test_new_records_are_no_sign_of_a_stop() -> None:
    """A group that was up to date for long is not stopped when records have just come."""
    watch = Watch()
    watch.judge(_seen(Place(5, 0, 5)), NOW)
    now = NOW + 2 * PATIENCE
    assert watch.judge(_seen(Place(5, 0, 8, now)), now).state is State.BEHIND


def test_a_position_before_the_log_counts_from_its_start() -> None:
    """What the log no longer has is not counted as unread."""
    assert _judged(Place(committed=1, first=10, end=12, oldest_unread=OLD)).lag == 2


def test_a_group_is_as_its_worst_topic() -> None:
    """One line a group: lags are added, the oldest age and the gravest state count, unknown is unknown of all."""
    fine = Lag("a", "one", 0, None, State.UP_TO_DATE)
    behind = Lag("a", "two", 3, timedelta(seconds=7), State.BEHIND)
    unknown = Lag("b", "one", None, None, State.UNKNOWN)
    assert by_group([fine, behind, unknown, Lag("b", "two", 3, timedelta(seconds=7), State.BEHIND)]) == [
        Lag("a", ALL_TOPICS, 3, timedelta(seconds=7), State.BEHIND),
        Lag("b", ALL_TOPICS, None, None, State.UNKNOWN),
    ]
