-- R6  A citizen is in scope in month M when the spell of theirs that covers the last day of M
--     has enough months of seniority on that day.
WITH in_order AS (                         -- the latest starts_on, then the smallest (source, fact_id)
    SELECT
        spell.fact,
        spell.citizen,
        spell.starts_on,
        spell.ends_on,
        row_number() OVER (
            PARTITION BY spell.citizen ORDER BY spell.starts_on DESC, spell.source ASC, spell.fact_id ASC
        ) AS place
    FROM spells_in_chains AS spell
    SEMI JOIN overlapping_spells AS of_several ON spell.citizen = of_several.citizen
),

-- when a spell runs and its chain has the seniority; which day that is under each target
senior AS (
    SELECT
        spell.citizen,
        spell.municipality,
        spell.benefit,
        chain.starts_on AS chain_start,
        seniority.target_row,
        greatest(spell.starts_on, seniority.reached_on) AS senior_from,
        spell.ends_on,
        in_order.place
    FROM spells_in_chains AS spell
    INNER JOIN seniority_reached AS seniority ON spell.chain = seniority.chain
    INNER JOIN chains AS chain ON spell.chain = chain.chain
    LEFT JOIN in_order ON spell.fact = in_order.fact
    WHERE seniority.reached_on IS NOT NULL
),

covering AS (
    SELECT
        senior.*,
        months.month,
        months.last_day
    FROM senior
    INNER JOIN months ON months.last_day BETWEEN senior.senior_from AND senior.ends_on
    INNER JOIN focus_targets AS target
        ON senior.target_row = target.row AND months.last_day BETWEEN target.valid_from AND target.valid_to
)

-- of several covering spells, the first in this order; its seniority alone decides
SELECT
    spell.citizen,
    spell.month,
    spell.last_day,
    spell.municipality,
    spell.benefit,
    spell.chain_start,
    spell.target_row
FROM covering AS spell
ANTI JOIN in_order AS before
    ON
        spell.citizen = before.citizen
        AND spell.place > before.place
        AND spell.last_day BETWEEN before.starts_on AND before.ends_on
