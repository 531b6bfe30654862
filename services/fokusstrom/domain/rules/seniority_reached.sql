-- R5  The day on which a chain reaches the seniority that a row of focus_targets asks for.
SELECT
    chain.chain,
    target.row AS target_row,
    CASE
        -- UNEMPLOYMENT: the number of distinct days on the benefit up to and with that day
        WHEN chain.benefit = 'UNEMPLOYMENT' THEN spell.new_from + (target.seniority_days - 1 - spell.days_before)::INTEGER
        -- all others: reached on day D when chain start + 12 calendar months <= D + 1 day
        ELSE add_months(chain.starts_on, target.seniority_months) - 1
    END AS reached_on
FROM chains AS chain
CROSS JOIN focus_targets AS target
LEFT JOIN spells_in_chains AS spell
    ON
        chain.benefit = 'UNEMPLOYMENT'
        AND chain.chain = spell.chain
        AND target.seniority_days > spell.days_before
        AND spell.days_before + spell.new_days >= target.seniority_days
