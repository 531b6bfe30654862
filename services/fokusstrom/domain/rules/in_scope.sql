-- R6  A citizen is in scope in month M when the spell of theirs that covers the last day of M
--     has enough months of seniority on that day.
WITH in_order AS (                         -- the latest starts_on, then the smallest (source, fact_id)
    SELECT
        *,
        row_number() OVER (PARTITION BY citizen ORDER BY starts_on DESC, source ASC, fact_id ASC) AS place
    FROM spells_in_chains
),

covering AS (
    SELECT
        spell.*,
        months.month,
        months.last_day
    FROM in_order AS spell
    INNER JOIN months ON months.last_day BETWEEN spell.starts_on AND spell.ends_on
),

-- of several covering spells, the first in this order
the_spell AS (
    SELECT spell.*
    FROM covering AS spell
    ANTI JOIN in_order AS before
        ON
            spell.citizen = before.citizen
            AND spell.place > before.place
            AND spell.last_day BETWEEN before.starts_on AND before.ends_on
)

-- its seniority alone decides
SELECT
    the_spell.citizen,
    the_spell.month,
    the_spell.last_day,
    the_spell.municipality,
    the_spell.benefit,
    chain.starts_on AS chain_start,
    target.row AS target_row
FROM the_spell
INNER JOIN focus_targets AS target ON the_spell.last_day BETWEEN target.valid_from AND target.valid_to
INNER JOIN seniority_reached AS seniority ON the_spell.chain = seniority.chain AND target.row = seniority.target_row
INNER JOIN chains AS chain ON the_spell.chain = chain.chain
WHERE the_spell.last_day >= seniority.reached_on
