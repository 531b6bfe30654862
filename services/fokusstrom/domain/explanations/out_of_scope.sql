-- R6  Citizens with a spell in the municipality on the month's last day who are not in its base, by why.
WITH covering AS (
    SELECT
        spell.fact,
        spell.citizen,
        spell.introduction_programme
    FROM spells AS spell
    INNER JOIN months ON months.last_day BETWEEN spell.starts_on AND spell.ends_on
    WHERE
        months.month = getvariable('month')
        AND spell.municipality = getvariable('municipality')
        AND (getvariable('benefit') IS NULL OR spell.benefit = getvariable('benefit'))
),

counted AS (
    SELECT *
    FROM in_scope
    WHERE month = getvariable('month')
),

outside AS (
    SELECT covering.*
    FROM covering
    ANTI JOIN counted
        ON
            covering.citizen = counted.citizen
            AND counted.municipality = getvariable('municipality')
            AND (getvariable('benefit') IS NULL OR counted.benefit = getvariable('benefit'))
),

-- of several spells of one citizen, the reason that is furthest on the way
why AS (
    SELECT
        outside.citizen,
        max(CASE
            WHEN counted.citizen IS NOT NULL THEN '4 counted under another spell'
            WHEN seniority.reached_on <= months.last_day THEN '3 another spell decides'
            WHEN NOT outside.introduction_programme THEN '2 seniority not reached'
            ELSE '1 introduction programme'
        END) AS reason
    FROM outside
    CROSS JOIN months
    INNER JOIN focus_targets AS target ON months.last_day BETWEEN target.valid_from AND target.valid_to
    LEFT JOIN counted ON outside.citizen = counted.citizen
    LEFT JOIN spells_in_chains AS spell ON outside.fact = spell.fact
    LEFT JOIN seniority_reached AS seniority ON spell.chain = seniority.chain AND target.row = seniority.target_row
    WHERE months.month = getvariable('month')
    GROUP BY outside.citizen
)

SELECT
    substr(reason, 3) AS reason,
    count(*) AS persons
FROM why
GROUP BY reason
ORDER BY reason
