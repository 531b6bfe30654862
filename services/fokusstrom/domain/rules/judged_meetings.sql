-- R7  A counting meeting has no reason; of all others, the first reason that applies. reporter_row and mode_row
--     are the rows of the rule set by which its reporter and its mode count, null where none does.
SELECT
    meeting.* REPLACE (coalesce(meeting.a_kasse, once.lent_a_kasse) AS a_kasse),
    once.duplicate_of,
    of_spell.spell_municipality,
    of_spell.benefit,
    of_spell.target_group,
    of_spell.spell_start,
    coalesce(of_spell.spell_municipality, meeting.municipality) AS told_by,       -- of its spell, else its own
    meeting.attendance = 'HELD' AND once.duplicate_of IS NULL AS kept,
    meeting.interview_type IN ('JOB', 'FOLLOW_UP', 'JOINT') AS contact,
    by_reporter.row AS reporter_row,
    by_mode.row AS mode_row,
    CASE
        WHEN once.duplicate_of IS NOT NULL THEN 'duplicate'
        WHEN meeting.attendance <> 'HELD' THEN 'no_show'
        WHEN meeting.interview_type NOT IN ('JOB', 'FOLLOW_UP', 'JOINT') THEN 'type_not_counted'
        WHEN by_reporter.reporter IS NULL AND meeting.interview_type = 'JOINT' THEN 'unconfirmed_joint'
        WHEN by_reporter.reporter IS NULL THEN 'reported_by_a_kasse'
        WHEN by_mode.mode IS NULL THEN 'mode_not_counted'
        WHEN of_spell.spell IS NULL THEN 'no_spell'
    END AS reason
FROM meetings AS meeting
LEFT JOIN held_meetings_once AS once ON meeting.fact = once.fact
LEFT JOIN spell_of_meeting AS of_spell ON meeting.fact = of_spell.fact
LEFT JOIN counting_reporters AS by_reporter
    ON
        meeting.reporter = by_reporter.reporter
        AND meeting.local_date BETWEEN by_reporter.valid_from AND by_reporter.valid_to
LEFT JOIN counting_modes AS by_mode
    ON
        meeting.mode = by_mode.mode
        AND meeting.local_date BETWEEN by_mode.valid_from AND by_mode.valid_to
