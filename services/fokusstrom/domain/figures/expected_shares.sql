-- R12  The actual and the expected share of a municipality and year; of several, the one with the greatest
--      (registered_at, source, fact_id).
SELECT
    citizen,
    municipality,
    year,
    1 AS shares,
    actual_share,
    expected_share
FROM expected_shares
QUALIFY
    row_number() OVER (
        PARTITION BY citizen, municipality, year
        ORDER BY registered_at DESC, source DESC, fact_id DESC
    ) = 1
