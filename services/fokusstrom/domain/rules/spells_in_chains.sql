-- R5  Seniority: which spells belong together, and how many days on the benefit each adds.
WITH own_spells AS (                       -- leave out spells with introduction_programme
    SELECT *
    FROM spells
    WHERE NOT introduction_programme
),

-- for each citizen and benefit, sort spells by (starts_on, source, fact_id)
in_order AS (
    SELECT
        *,
        row_number() OVER sorted AS place,
        max(ends_on) OVER (sorted ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end
    FROM own_spells
    WINDOW sorted AS (PARTITION BY citizen, benefit ORDER BY starts_on, source, fact_id)
),

-- a spell joins the current chain unless a whole calendar month lies without the benefit
joined AS (
    SELECT
        *,
        CASE
            WHEN latest_end IS NULL THEN true           -- the citizen's first on the benefit
            WHEN benefit = 'SICKNESS' THEN true         -- every spell is a chain of its own
            WHEN benefit = 'UNEMPLOYMENT' THEN false    -- all one chain
            ELSE months_apart(latest_end, starts_on) >= 2
        END AS begins_chain,
        -- distinct days: not the days that an earlier spell already covered
        greatest(starts_on, latest_end + 1) AS new_from,
        greatest(ends_on - greatest(starts_on, latest_end + 1) + 1, 0) AS new_days
    FROM in_order
)

SELECT
    citizen,
    benefit,
    fact,
    source,
    fact_id,
    municipality,
    target_group,
    starts_on,
    ends_on,
    new_from,
    new_days,
    last_value(CASE WHEN begins_chain THEN fact END IGNORE NULLS) OVER so_far AS chain,   -- named by its first spell
    (sum(new_days) OVER so_far - new_days)::BIGINT AS days_before
FROM joined
WINDOW so_far AS (PARTITION BY citizen, benefit ORDER BY place)
