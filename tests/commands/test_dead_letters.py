"""Dead letters are listed in the order of their places, whoever refused them."""

from __future__ import annotations

from fokusstrom.commands.dead_letters import _place
from fokusstrom.contracts import keys
from fokusstrom.runtime.dead_letters import Letter


def test_what_connectors_refused_is_listed_beside_what_was_on_a_topic() -> None:
    """A connector's records stand at its source; the others by topic, partition and offset, as numbers."""
    of_connector = keys.connector_refusal_key("momentum-751", "momentum.csv#17").decode()
    places = ["offer.v1/0/10", "offer.v1/0/9", of_connector, "meeting-held.v1/1/3"]
    letters = [
        Letter(place, "", "missing", "missing", is_withheld=False, key=b"", value=b"", headers=()) for place in places
    ]
    assert [letter.where for letter in sorted(letters, key=_place)] == [
        of_connector,
        "meeting-held.v1/1/3",
        "offer.v1/0/9",
        "offer.v1/0/10",
    ]
