"""Rule sets that were sent are found by their digest, and one that can't be read stops nobody."""

from __future__ import annotations

from structlog.testing import capture_logs

from fokusstrom.contracts.records import RuleSet
from fokusstrom.domain.rule_set import shipped
from fokusstrom.runtime.rule_sets import parsed_or_none


def test_a_scenario_arrives_whole() -> None:
    """What is sent of a scenario gives the same rule set, of the same digest, wherever it is read."""
    scenario = shipped("remote_meetings_count")
    sent = RuleSet(digest=scenario.digest, name=scenario.name, version=scenario.version, text=scenario.text)
    assert parsed_or_none(sent) == scenario


def test_what_cannot_be_read() -> None:
    """A text that is no rule set here is left alone, and the log tells its digest and how many faults it has."""
    with capture_logs() as logs:
        assert parsed_or_none(RuleSet(digest="d", name="n", version="1", text='name = "n"\n[[selection]]\n')) is None
    (line,) = logs
    assert (line["event"], line["digest"]) == ("a rule set on the topic can't be read", "d")
    assert line["problems"] > 1
