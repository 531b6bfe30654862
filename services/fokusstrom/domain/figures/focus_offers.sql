-- Section 5, R9  Persons in scope, and who of them was not served with offers or ordinary hours.
SELECT
    person.citizen,
    person.municipality,
    person.month,
    person.benefit,
    1 AS persons,
    (served.citizen IS NULL)::INTEGER AS not_served
FROM in_scope AS person
LEFT JOIN served_with_offers AS served ON person.citizen = served.citizen AND person.month = served.month
