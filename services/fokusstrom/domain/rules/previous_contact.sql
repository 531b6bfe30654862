-- Section 6, R14  Of each contact meeting (held, kept, JOB, FOLLOW_UP, JOINT): the date of the citizen's previous one,
--                 by (held_at, source, fact_id), where that is on or after the start of this one's spell. Whoever met
--                 then had this spell, so nothing more need be asked of the earlier meeting's.
WITH in_order AS (
    SELECT
        fact,
        spell_start,
        lag(local_date) OVER (PARTITION BY citizen ORDER BY held_at, source, fact_id) AS previous_on
    FROM told_meetings
    WHERE kept AND contact
)

SELECT
    fact,
    previous_on
FROM in_order
WHERE previous_on >= spell_start
