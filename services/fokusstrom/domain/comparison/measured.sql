-- What the tables of one rule set say, one value a row: what two rule sets are compared by. Values are text, so
-- that counts, shares, yes and no, and states stand in one column; a count that has no row is 0.
WITH of_months AS (
    SELECT
        'persons_in_scope' AS measure,
        municipality,
        month,
        persons AS value
    FROM focus_meetings
    UNION ALL
    SELECT
        'not_served_with_meetings' AS measure,
        municipality,
        month,
        not_served AS value
    FROM focus_meetings
    UNION ALL
    SELECT
        'not_served_with_offers' AS measure,
        municipality,
        month,
        not_served AS value
    FROM focus_offers
    UNION ALL
    SELECT
        'early_contact_chains' AS measure,
        municipality,
        month,
        chains AS value
    FROM early_contact
    UNION ALL
    SELECT
        'early_contact_not_served' AS measure,
        municipality,
        month,
        not_served AS value
    FROM early_contact
    UNION ALL
    SELECT
        'meetings_counting' AS measure,
        municipality,
        month,
        meetings AS value
    FROM meetings_held
    WHERE counts
    UNION ALL
    SELECT
        'meetings_unlawful' AS measure,
        municipality,
        month,
        meetings AS value
    FROM mode_use
    WHERE NOT lawful
    UNION ALL
    SELECT
        'assessments_missing' AS measure,
        municipality,
        month,
        meetings AS value
    FROM mode_use
    WHERE assessment_missing
),

counts_of_months AS (
    SELECT
        measure,
        coalesce(municipality, 'DK') AS area,
        month AS period,
        sum(value)::BIGINT::VARCHAR AS value
    FROM of_months
    GROUP BY GROUPING SETS ((measure, municipality, month), (measure, month))
),

of_targets AS (
    SELECT
        target || '_average' AS measure,
        municipality AS area,
        year::VARCHAR AS period,
        average_share::VARCHAR AS value
    FROM focus_average
    UNION ALL
    SELECT
        target || '_target_met' AS measure,
        municipality AS area,
        year::VARCHAR AS period,
        met::VARCHAR AS value
    FROM focus_average
),

of_supervision AS (
    SELECT
        'supervision_status' AS measure,
        municipality AS area,
        year::VARCHAR AS period,
        status AS value
    FROM supervision
    UNION ALL
    SELECT
        'supervision_reasons' AS measure,
        municipality AS area,
        year::VARCHAR AS period,
        reasons AS value
    FROM supervision
),

municipalities AS (
    SELECT
        'municipalities_missing_' || target AS measure,
        'DK' AS area,
        year::VARCHAR AS period,
        count(*) FILTER (WHERE NOT met)::VARCHAR AS value
    FROM focus_average
    GROUP BY target, year
    UNION ALL
    SELECT
        'municipalities_selected' AS measure,
        'DK' AS area,
        year::VARCHAR AS period,
        count(*) FILTER (WHERE status = 'SELECTED')::VARCHAR AS value
    FROM supervision
    GROUP BY year
    UNION ALL
    SELECT
        'municipalities_postponed' AS measure,
        'DK' AS area,
        year::VARCHAR AS period,
        count(*) FILTER (WHERE status = 'POSTPONED')::VARCHAR AS value
    FROM supervision
    GROUP BY year
)

FROM counts_of_months
UNION ALL
FROM of_targets
UNION ALL
FROM of_supervision
UNION ALL
FROM municipalities
