"""What DFDG itself checks when a held meeting is registered, looked at once more: what fails is flagged, and sent.

Three of its rules can be judged from a meeting alone, or from those that came before it: the same citizen, type and
time twice; a type that the citizen's contact group doesn't have; a meeting with another authority without word of
how that took part. The facts go on as they are: rule R2 sets duplicates aside, and the sender is told.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from fokusstrom.domain.refusals import Reason
from fokusstrom_connectors.configuration import Strict
from fokusstrom_connectors.interface import Flag
from fokusstrom_connectors.web.client import value_at

_MOST_REMEMBERED = 200_000


class CheckSettings(Strict):
    """Where what is checked stands in a meeting's content."""

    entity: str = Field(default="AfholdtSamtale", description="What meetings are announced as.")
    type: str = "InterviewTypeIdentifier"
    held_at: str = "InterviewDateTime"
    contact_group: str = "ContactGroupIdentifier"
    more_authorities: str = "InterviewWithMoreAuthorities"
    participation_status: str = "ParticipationStatusTypeIdentifier"
    allowed_types: dict[str, tuple[str, ...]] = Field(
        default={}, description="Types of meeting by contact group; a group that isn't listed may have all."
    )


class Checks:
    """Looks at meetings, one after the other. What it remembers of them is in memory only, and tells nothing."""

    def __init__(self, settings: CheckSettings) -> None:
        """Begin without a meeting."""
        self._settings = settings
        self._key = secrets.token_bytes(32)
        self._meetings: OrderedDict[bytes, str] = OrderedDict()
        self._known: dict[str, bytes] = {}

    def flags(self, meeting_id: str, citizen: object, content: Mapping[str, Any]) -> Iterator[Flag]:
        """What is odd about a meeting; it counts as registered from now on."""
        told = self._settings
        kind, group = (_text(value_at(content, where)) for where in (told.type, told.contact_group))
        if self._is_registered(meeting_id, [_text(citizen), kind, _text(value_at(content, told.held_at))]):
            yield Flag(0, Reason.SAME_MEETING, told.held_at)
        if group in told.allowed_types and kind not in told.allowed_types[group]:
            yield Flag(0, Reason.TYPE_NOT_ALLOWED, told.type)
        if value_at(content, told.more_authorities) is True and value_at(content, told.participation_status) is None:
            yield Flag(0, Reason.NO_PARTICIPATION_STATUS, told.participation_status)

    def forget(self, meeting_id: str) -> None:
        """It was deleted."""
        before = self._known.pop(meeting_id, None)
        if before is not None:
            self._meetings.pop(before, None)

    def _is_registered(self, meeting_id: str, parts: list[str]) -> bool:
        """Whether another meeting of the same citizen, type and time was met."""
        digest = hashlib.blake2b(json.dumps(parts).encode(), key=self._key, digest_size=16).digest()
        other = self._meetings.get(digest)
        if other is not None and other != meeting_id:
            return True
        self.forget(meeting_id)
        self._meetings[digest], self._known[meeting_id] = meeting_id, digest
        if len(self._meetings) > _MOST_REMEMBERED:
            self.forget(next(iter(self._meetings.values())))
        return False


def _text(value: object) -> str:
    return "" if value is None else str(value)
