"""The plain-Python reference: the specification computed per person, as slowly and plainly as it reads.

It shares no code with the services, so that where both agree, two readings of the text agree.
"""

from tests.reference.exchange import Refusal, Refused, parse_line, read_facts, read_lines
from tests.reference.figures import COLUMNS, enriched, tables, tables_from_lines
from tests.reference.rules import SHIPPED, Counts, ModeRule, RuleSet

__all__ = [
    "COLUMNS",
    "SHIPPED",
    "Counts",
    "ModeRule",
    "Refusal",
    "Refused",
    "RuleSet",
    "enriched",
    "parse_line",
    "read_facts",
    "read_lines",
    "tables",
    "tables_from_lines",
]
