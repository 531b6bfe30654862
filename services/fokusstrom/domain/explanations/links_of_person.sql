-- R1b  The links that join the pseudonyms of one person.
SELECT
    link.source,
    link.fact_id,
    pseudonym_text(link.citizen) AS citizen,
    pseudonym_text(link.same_as) AS same_as
FROM citizen_link AS link
SEMI JOIN asked_person ON link.citizen = asked_person.citizen
WHERE NOT link.deleted
ORDER BY link.source, link.fact_id
