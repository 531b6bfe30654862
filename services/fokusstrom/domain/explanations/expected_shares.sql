-- R12  The expected shares that sources told of a municipality's year; the first holds.
SELECT
    source,
    fact_id,
    registered_at,
    actual_share,
    expected_share
FROM expected_shares
WHERE municipality = getvariable('municipality') AND year = getvariable('year')
ORDER BY registered_at DESC, source DESC, fact_id DESC
