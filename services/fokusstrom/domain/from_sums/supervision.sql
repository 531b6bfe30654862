-- R12  Supervision: one row for each municipality and year, up to the end date's, that has a yearly average or an
--      expected share.
WITH targets AS (
    SELECT
        municipality,
        year,
        bool_or(target = 'meetings' AND NOT met) AS meetings_missed,
        bool_or(target = 'offers' AND NOT met) AS offers_missed
    FROM focus_average
    GROUP BY municipality, year
),

gates AS (
    SELECT
        municipality,
        year,
        shares.actual_share > shares.expected_share AS result_gate,                    -- unknown when there is none
        targets.meetings_missed OR targets.offers_missed AS focus_gate,                -- unknown when there is no average
        targets.meetings_missed,
        targets.offers_missed
    FROM sums_expected_shares AS shares
    FULL JOIN targets USING (municipality, year)
    CROSS JOIN end_date
    WHERE year <= year(end_date.through)
),

judged AS (
    SELECT
        gates.*,
        CASE
            WHEN gates.year > selection.regime_ends_after THEN 'REGIME_ENDED'
            WHEN gates.result_gate IS NULL OR gates.focus_gate IS NULL THEN 'INSUFFICIENT_DATA'
            WHEN NOT (gates.result_gate AND gates.focus_gate) THEN 'NOT_SELECTED'
            WHEN gates.year < selection.first_year THEN 'POSTPONED'
            ELSE 'SELECTED'
        END AS status
    FROM gates
    CROSS JOIN selection
)

SELECT
    municipality,
    year,
    status,
    result_gate,
    focus_gate,
    -- of the inputs, whatever the status; sorted
    concat_ws(
        ';',
        CASE WHEN focus_gate IS NULL THEN 'focus_missing' END,
        CASE WHEN meetings_missed THEN 'meetings_target_missed' END,
        CASE WHEN offers_missed THEN 'offers_target_missed' END,
        CASE WHEN result_gate IS NULL THEN 'result_missing' END,
        CASE WHEN result_gate THEN 'result_worse_than_expected' END,
        CASE WHEN status = 'POSTPONED' THEN 'selection_postponed' END
    ) AS reasons
FROM judged
