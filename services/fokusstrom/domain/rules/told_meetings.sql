-- R2, R4  Every meeting: whether it is a duplicate, its spell and the municipality that it is told of, before any rule
--         set is asked. kept: held, and no duplicate; contact: of a type that R7, R14 and section 6 ask about.
SELECT
    meeting.* REPLACE (coalesce(meeting.a_kasse, once.lent_a_kasse) AS a_kasse),
    once.duplicate_of,
    of_spell.spell_municipality,
    of_spell.benefit,
    of_spell.target_group,
    of_spell.spell_start,
    coalesce(of_spell.spell_municipality, meeting.municipality) AS told_by,       -- of its spell, else its own
    meeting.attendance = 'HELD' AND once.duplicate_of IS NULL AS kept,
    meeting.interview_type IN ('JOB', 'FOLLOW_UP', 'JOINT') AS contact
FROM meetings AS meeting
LEFT JOIN held_meetings_once AS once ON meeting.fact = once.fact
LEFT JOIN spell_of_meeting AS of_spell ON meeting.fact = of_spell.fact
