-- R5  Chains and their start, in every rule.
WITH joined AS (
    SELECT
        chain,
        any_value(citizen) AS citizen,
        any_value(benefit) AS benefit,
        min(starts_on) AS starts_on,
        max(ends_on) AS latest_end
    FROM spells_in_chains
    GROUP BY chain
),

-- a CASH or EDUCATION chain takes over the start of a TRANSITION chain of the same citizen whose
-- latest ends_on lies before its own start by at most one month number
taken_over AS (
    SELECT
        later.chain,
        min(transition.starts_on) AS starts_on
    FROM joined AS later
    INNER JOIN joined AS transition USING (citizen)
    WHERE
        later.benefit IN ('CASH', 'EDUCATION')
        AND transition.benefit = 'TRANSITION'
        AND transition.latest_end < later.starts_on
        AND months_apart(transition.latest_end, later.starts_on) <= 1
    GROUP BY later.chain
)

SELECT
    joined.chain,
    joined.citizen,
    joined.benefit,
    coalesce(taken_over.starts_on, joined.starts_on) AS starts_on
FROM joined
LEFT JOIN taken_over USING (chain)
