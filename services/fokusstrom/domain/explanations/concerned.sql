-- Section 5  Every pseudonym of the persons who have a meeting or a spell in a municipality: its figures are theirs.
WITH named AS (
    SELECT citizen
    FROM meeting_held
    WHERE municipality = getvariable('municipality') AND NOT deleted
    UNION
    SELECT citizen
    FROM benefit_spell
    WHERE municipality = getvariable('municipality') AND NOT deleted
),

joined AS (
    SELECT person_of.person
    FROM named
    INNER JOIN person_of ON named.citizen = person_of.citizen
)

SELECT citizen
FROM named
UNION
SELECT person_of.citizen
FROM person_of
SEMI JOIN joined ON person_of.person = joined.person
