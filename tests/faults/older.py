"""The command line of a version that doesn't know offers yet: `python -m tests.faults.older ...`.

What senders of a newer version send is refused by it, as it should be; a redrive mends that once it is replaced.
"""

from __future__ import annotations

from fokusstrom import cli
from fokusstrom.contracts.schemas import Schema, SchemaCatalog
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import Reason


def main() -> None:
    """Run the command line without the schema."""
    by_id = SchemaCatalog.by_id

    def known(self: SchemaCatalog, schema_id: int) -> Schema:
        schema = by_id(self, schema_id)
        if schema.name == "OfferParticipation":
            raise Rejected(Reason.UNKNOWN_SCHEMA, None, "")
        return schema

    SchemaCatalog.by_id = known  # type: ignore[method-assign]  # the point of this module
    cli.main()


if __name__ == "__main__":
    main()
