-- R13  Chains one of whose spells covers the day that completes 6 calendar months from the chain's start, and
--      whether they had enough counting meetings from the start to that day, both included.
WITH six_months AS (
    SELECT
        chain.chain,
        chain.starts_on AS chain_start,
        add_months(chain.starts_on, early_contact.months) - 1 AS completed_on,
        early_contact.min_meetings,
        early_contact.target_groups
    FROM chains AS chain
    CROSS JOIN early_contact
),

the_spell AS (
    SELECT
        six_months.*,
        spell.citizen,
        spell.municipality,
        spell.benefit,
        spell.target_group
    FROM six_months
    INNER JOIN spells_in_chains AS spell
        ON
            six_months.chain = spell.chain
            AND six_months.completed_on BETWEEN spell.starts_on AND spell.ends_on
    -- of several such spells, the one that R6 would choose
    QUALIFY
        row_number() OVER (
            PARTITION BY spell.chain
            ORDER BY spell.starts_on DESC, spell.source ASC, spell.fact_id ASC
        ) = 1
),

-- only if its target group is 1-5 or 7-10
counted AS (
    SELECT *
    FROM the_spell
    WHERE list_contains(target_groups, target_group)
)

SELECT
    chain.chain,
    chain.citizen,
    chain.municipality,
    month_of(chain.completed_on) AS month,
    chain.benefit,
    count(meeting.fact) >= chain.min_meetings AS served
FROM counted AS chain
LEFT JOIN judged_meetings AS meeting
    ON
        chain.citizen = meeting.citizen
        AND meeting.reason IS NULL
        AND meeting.local_date BETWEEN chain.chain_start AND chain.completed_on
GROUP BY chain.chain, chain.citizen, chain.municipality, chain.completed_on, chain.benefit, chain.min_meetings
