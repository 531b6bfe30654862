-- R13  The chains of a municipality's month, and how many counting meetings each had.
SELECT
    counted.citizen,
    counted.benefit::VARCHAR AS benefit,
    chain.starts_on AS window_start,
    counted.served,
    count(meeting.fact) FILTER (meeting.reason IS NULL) AS counting,
    early_contact.min_meetings - count(meeting.fact) FILTER (meeting.reason IS NULL) AS short_of,
    histogram(meeting.reason) FILTER (meeting.reason IS NOT NULL) AS not_counting
FROM early_contact_chains AS counted
INNER JOIN months ON counted.month = months.month
INNER JOIN chains AS chain ON counted.chain = chain.chain
CROSS JOIN early_contact
LEFT JOIN judged_meetings AS meeting
    ON
        counted.citizen = meeting.citizen
        AND meeting.local_date BETWEEN chain.starts_on AND add_months(chain.starts_on, early_contact.months) - 1
WHERE
    counted.municipality = getvariable('municipality')
    AND counted.month = getvariable('month')
    AND (getvariable('benefit') IS NULL OR counted.benefit = getvariable('benefit'))
GROUP BY
    counted.chain, counted.citizen, counted.benefit, chain.starts_on, counted.served, early_contact.min_meetings
