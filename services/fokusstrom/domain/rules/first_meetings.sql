-- R14  first: no other contact meeting (held, kept, JOB, FOLLOW_UP or JOINT, with a spell) of the citizen on or
--      after the start of this one's spell is earlier, by (held_at, source, fact_id).
SELECT fact
FROM judged_meetings
WHERE kept AND contact AND spell_start IS NOT NULL
QUALIFY coalesce(lag(local_date) OVER (PARTITION BY citizen ORDER BY held_at, source, fact_id) < spell_start, true)
