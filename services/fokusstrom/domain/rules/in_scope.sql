-- R6  A citizen is in scope in month M when the spell of theirs that covers the last day of M
--     has enough months of seniority on that day.
WITH the_spell AS (
    SELECT
        spell.citizen,
        months.month,
        months.last_day,
        spell.municipality,
        spell.benefit,
        spell.chain
    FROM spells_in_chains AS spell
    INNER JOIN months ON months.last_day BETWEEN spell.starts_on AND spell.ends_on
    -- of several covering spells, the one with the latest starts_on, then the smallest (source, fact_id)
    QUALIFY
        row_number() OVER (
            PARTITION BY spell.citizen, months.month
            ORDER BY spell.starts_on DESC, spell.source ASC, spell.fact_id ASC
        ) = 1
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
