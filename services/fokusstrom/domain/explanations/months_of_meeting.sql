-- R8  The months in whose window a meeting's date lies, and whether the citizen is served in them.
SELECT
    month_text(person.month) AS month,
    person.municipality::VARCHAR AS municipality,
    person.benefit::VARCHAR AS benefit,
    person.window_start,
    served.citizen IS NOT NULL AS served
FROM focus_window AS person
LEFT JOIN served_with_meetings AS served ON person.citizen = served.citizen AND person.month = served.month
WHERE person.citizen = getvariable('citizen') AND getvariable('day') BETWEEN person.window_start AND person.last_day
ORDER BY person.month
