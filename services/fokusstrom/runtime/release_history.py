"""What was released so far, read from the topics: for who releases, and for who asks what would change."""

from __future__ import annotations

import structlog

from fokusstrom.contracts.national import History, Releases
from fokusstrom.contracts.records import ReleaseState, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import NATIONAL_REPORTING, RELEASE_STATE
from fokusstrom.domain.errors import ConfigError, Rejected
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.log_ends import read_whole

_log = structlog.get_logger("releases")


def read_history(settings: Settings, catalog: SchemaCatalog) -> History:
    """Read both topics to their ends.

    Raises `ConfigError` when they contradict each other: each release wrote both in one transaction, so
    someone else has written to one of them.
    """
    history = History()
    releases = Releases(catalog)
    for message in read_whole(settings, NATIONAL_REPORTING.name):
        release = releases.feed(message.key(), message.value())
        if release is not None:
            history.add(release)
    for broken in sorted(releases.broken):
        _log.error("a release is not whole and is left alone", release=broken)
    if releases.unreadable:
        _log.error("records can't be read and are left alone", topic=NATIONAL_REPORTING.name, count=releases.unreadable)
    history.states = _states(settings, catalog)
    _compare(history, history.states)
    return history


def _states(settings: Settings, catalog: SchemaCatalog) -> dict[bytes, ReleaseState]:
    states: dict[bytes, ReleaseState] = {}
    for message in read_whole(settings, RELEASE_STATE.name):
        try:
            states[message.key() or b""] = decode(catalog, ReleaseState, message.value() or b"")
        except Rejected:
            states.pop(message.key() or b"", None)  # then the two topics differ, and that is said
    return states


def _compare(history: History, states: dict[bytes, ReleaseState]) -> None:
    published = {key: (record.release, record.revision) for key, record in history.newest.items()}
    remembered = {key: (state.release, state.revision) for key, state in states.items()}
    if published != remembered:
        differing = sorted(
            key for key in published.keys() | remembered.keys() if published.get(key) != remembered.get(key)
        )
        raise ConfigError(
            f"{NATIONAL_REPORTING.name} and {RELEASE_STATE.name} differ in {len(differing)} figures,"
            f" first {differing[0].decode()}: restore both to what the releases wrote"
        )
