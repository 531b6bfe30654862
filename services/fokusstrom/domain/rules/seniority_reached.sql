-- R5  The day on which a chain reaches the seniority that a row of focus_targets asks for.
WITH days_reached AS (                     -- UNEMPLOYMENT: distinct days on the benefit up to and with that day
    SELECT
        spell.chain,
        target.row AS target_row,
        spell.new_from + (target.seniority_days - 1 - spell.days_before)::INTEGER AS reached_on
    FROM spells_in_chains AS spell
    CROSS JOIN focus_targets AS target
    WHERE
        spell.benefit = 'UNEMPLOYMENT'
        AND target.seniority_days > spell.days_before
        AND spell.days_before + spell.new_days >= target.seniority_days
)

SELECT
    chain.chain,
    target.row AS target_row,
    CASE
        WHEN chain.benefit = 'UNEMPLOYMENT' THEN days_reached.reached_on
        -- all others: reached on day D when chain start + 12 calendar months <= D + 1 day
        ELSE add_months(chain.starts_on, target.seniority_months) - 1
    END AS reached_on
FROM chains AS chain
CROSS JOIN focus_targets AS target
LEFT JOIN days_reached ON chain.chain = days_reached.chain AND target.row = days_reached.target_row
