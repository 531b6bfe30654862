-- R8  Served with at least 4 counting meetings in the window, under whatever benefit they were held.
SELECT
    person.citizen,
    person.month
FROM focus_window AS person
INNER JOIN focus_targets AS target ON person.target_row = target.row
INNER JOIN judged_meetings AS meeting ON person.citizen = meeting.citizen AND meeting.reason IS NULL
WHERE meeting.local_date BETWEEN person.window_start AND person.last_day
GROUP BY person.citizen, person.month, target.min_meetings
HAVING count(*) >= target.min_meetings
