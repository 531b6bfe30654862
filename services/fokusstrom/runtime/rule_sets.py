"""Rule sets by digest: the one that ships with the project, and those that were sent to rule-sets.v1."""

from __future__ import annotations

import structlog

from fokusstrom.contracts import records
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import RULE_SETS
from fokusstrom.domain import rule_set
from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.log_ends import read_whole
from fokusstrom.runtime.waiting import keep_trying

_log = structlog.get_logger("rule-sets")


class SentRuleSets:
    """Finds rule sets on the topic, and remembers them."""

    def __init__(self, settings: Settings, catalog: SchemaCatalog) -> None:
        """Take how to reach the topic."""
        self._settings = settings
        self._catalog = catalog
        shipped = rule_set.in_force()
        self._known = {shipped.digest: shipped}

    def get(self, digest: str) -> rule_set.RuleSet:
        """Return the rule set of a digest; waits until it is on the topic, as cuts are made after that."""
        return keep_trying(Unavailable, self._found, digest)

    def find(self, digest: str) -> rule_set.RuleSet | None:
        """Return the rule set of a digest, or None when it is neither the shipped one nor on the topic now."""
        if digest not in self._known:
            self._read()
        return self._known.get(digest)

    def _found(self, digest: str) -> rule_set.RuleSet:
        found = self.find(digest)
        if found is None:
            _log.warning("waiting for a rule set", digest=digest)
            raise Unavailable(f"rule set {digest} is not on {RULE_SETS.name}")
        return found

    def _read(self) -> None:
        for message in read_whole(self._settings, RULE_SETS.name):
            sent = records.decode(self._catalog, records.RuleSet, message.value() or b"")
            parsed = parsed_or_none(sent)
            if parsed is not None:
                self._known[parsed.digest] = parsed


def parsed_or_none(sent: records.RuleSet) -> rule_set.RuleSet | None:
    """Read a rule set that was sent; one that this version can't read is left alone, and the log says so.

    Whoever needs it waits for it; all others go on.
    """
    try:
        return rule_set.parse(sent.text)
    except ConfigError as error:
        _log.warning("a rule set on the topic can't be read", digest=sent.digest, problems=len(error.problems))
        return None
