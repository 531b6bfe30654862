-- R8  The citizens of a municipality's month who were not served with meetings, and what each lacked.
SELECT
    person.citizen,
    person.benefit::VARCHAR AS benefit,
    person.window_start,
    count(meeting.fact) FILTER (meeting.reason IS NULL) AS counting,
    target.min_meetings - count(meeting.fact) FILTER (meeting.reason IS NULL) AS short_of,
    histogram(meeting.reason) FILTER (meeting.reason IS NOT NULL) AS not_counting
FROM focus_window AS person
INNER JOIN focus_targets AS target ON person.target_row = target.row
ANTI JOIN served_with_meetings AS served ON person.citizen = served.citizen AND person.month = served.month
LEFT JOIN judged_meetings AS meeting
    ON
        person.citizen = meeting.citizen
        AND meeting.local_date BETWEEN person.window_start AND person.last_day
WHERE
    person.municipality = getvariable('municipality')
    AND person.month = getvariable('month')
    AND (getvariable('benefit') IS NULL OR person.benefit = getvariable('benefit'))
GROUP BY person.citizen, person.benefit, person.window_start, target.min_meetings
