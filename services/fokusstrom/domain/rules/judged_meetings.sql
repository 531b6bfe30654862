-- R7  A counting meeting has no reason; of all others, the first reason that applies. reporter_row and mode_row
--     are the rows of the rule set by which its reporter and its mode count, null where none does.
SELECT
    meeting.fact,
    meeting.citizen,
    meeting.told_by,
    meeting.local_date,
    meeting.benefit,
    meeting.interview_type,
    meeting.reporter,
    meeting.a_kasse,
    meeting.mode,
    by_reporter.row AS reporter_row,
    by_mode.row AS mode_row,
    CASE
        WHEN meeting.duplicate_of IS NOT NULL THEN 'duplicate'
        WHEN meeting.attendance <> 'HELD' THEN 'no_show'
        WHEN NOT meeting.contact THEN 'type_not_counted'
        WHEN by_reporter.reporter IS NULL AND meeting.interview_type = 'JOINT' THEN 'unconfirmed_joint'
        WHEN by_reporter.reporter IS NULL THEN 'reported_by_a_kasse'
        WHEN by_mode.mode IS NULL THEN 'mode_not_counted'
        WHEN meeting.spell_start IS NULL THEN 'no_spell'
    END AS reason
FROM told_meetings AS meeting
LEFT JOIN counting_reporters AS by_reporter
    ON
        meeting.reporter = by_reporter.reporter
        AND meeting.local_date BETWEEN by_reporter.valid_from AND by_reporter.valid_to
LEFT JOIN counting_modes AS by_mode
    ON
        meeting.mode = by_mode.mode
        AND meeting.local_date BETWEEN by_mode.valid_from AND by_mode.valid_to
