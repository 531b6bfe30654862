"""R1, latest version: which record of a fact holds lives here, with the canonical JSON that settles ties."""

from __future__ import annotations

from collections.abc import Mapping

from fokusstrom.domain.facts import SCALE, FactType, Field, Kind


def latest_sql(fact_type: FactType, records: str) -> str:
    """Give the query for the record that holds of each fact among the relation `records`.

    `records` has the columns of `domain.book` for the type, `in_conflict` among them: true on a record that
    is known to have tied with another of different content. The result has the same columns and one row for
    each (source, fact_id). Of all records with the same (type, source, fact_id) the one with the greatest
    (version, registered_at) holds; if those tie, the one whose canonical JSON is greatest as bytes.
    """
    return f"""
        WITH repeated AS (SELECT source, fact_id FROM {records} GROUP BY ALL HAVING count(*) > 1),
        newest AS (                        -- exact repeats are one record: most of what comes again is that
            SELECT DISTINCT * FROM {records} SEMI JOIN repeated USING (source, fact_id)
            QUALIFY rank() OVER (
                PARTITION BY source, fact_id ORDER BY version DESC, registered_at DESC
            ) = 1
        ),
        tied AS (SELECT source, fact_id FROM newest GROUP BY ALL HAVING count(*) > 1),
        compared AS (
            SELECT *, {canonical_json_sql(fact_type)} AS canonical FROM newest SEMI JOIN tied USING (source, fact_id)
        ),
        holding AS (
            SELECT * EXCLUDE (canonical) REPLACE (
                (bool_or(in_conflict) OVER one_fact
                 OR min(canonical) OVER one_fact <> max(canonical) OVER one_fact) AS in_conflict
            )
            FROM compared
            WINDOW one_fact AS (PARTITION BY source, fact_id)
            QUALIFY row_number() OVER (PARTITION BY source, fact_id ORDER BY canonical DESC) = 1
        )
        FROM {records} ANTI JOIN repeated USING (source, fact_id)
        UNION ALL BY NAME
        FROM newest ANTI JOIN tied USING (source, fact_id)
        UNION ALL BY NAME
        FROM holding
    """


def tied_sql(records: str) -> str:
    """Give the query for whether any two records of a fact have the same version and moment, alike or not."""
    return (
        f"SELECT EXISTS (SELECT source FROM {records}"
        " GROUP BY source, fact_id, version, registered_at HAVING count(*) > 1)"
    )


def latest_of_untied_sql(records: str) -> str:
    """Give what `latest_sql` does, where no two records tie: of a small batch most of it is the plan for ties."""
    return f"""
        FROM {records} QUALIFY row_number() OVER (
            PARTITION BY source, fact_id ORDER BY version DESC, registered_at DESC
        ) = 1
    """


def canonical_json_sql(fact_type: FactType) -> str:
    """Give the SQL expression for the canonical JSON of a row of `domain.book`'s relation of the type.

    The type, the common and the type's fields, absent ones null, keys sorted, no spaces, instants as UTC
    `YYYY-MM-DDTHH:MM:SS.mmmZ`, hours and shares as numbers without trailing zeros.
    """
    values = {field.name: f"coalesce({_json_of(field)}, 'null')" for field in fact_type.fields}
    values["type"] = f"""'"{fact_type.name}"'"""
    pairs = [f"""'"{name}":' || {values[name]}""" for name in sorted(values)]
    return "'{' || " + " || ',' || ".join(pairs) + " || '}'"


def _json_of(field: Field) -> str:
    name = field.name
    texts: Mapping[Kind, str] = {
        Kind.INSTANT: f"""strftime({name}, '"%Y-%m-%dT%H:%M:%S.%gZ"')""",
        Kind.DATE: f"""strftime({name}, '"%Y-%m-%d"')""",
        Kind.MONTH: f"""strftime({name}, '"%Y-%m"')""",
        Kind.PSEUDONYM: f"""'"' || pseudonym_text({name}) || '"'""",
        Kind.HOURS: _decimal(name, SCALE[Kind.HOURS]),
        Kind.SHARE: _decimal(name, SCALE[Kind.SHARE]),
        Kind.INTEGER: f"{name}::VARCHAR",
        Kind.BOOLEAN: f"{name}::VARCHAR",
    }
    return texts.get(field.kind, f"to_json({name}::VARCHAR)::VARCHAR")


def _decimal(name: str, scale: int) -> str:
    """Give the SQL expression for a scaled integer as a number without trailing zeros."""
    decimals = f"lpad(({name} % {scale})::VARCHAR, {len(str(scale)) - 1}, '0')"
    return f"rtrim(rtrim(({name} // {scale}) || '.' || {decimals}, '0'), '.')"
