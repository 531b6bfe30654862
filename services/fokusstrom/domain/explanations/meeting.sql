-- Section 4  One meeting, with what each rule made of it.
SELECT
    meeting.fact,
    meeting.citizen,
    meeting.municipality::VARCHAR AS municipality,
    meeting.jobcenter,
    meeting.reporter::VARCHAR AS reporter,
    told.a_kasse AS told_a_kasse,
    meeting.a_kasse,
    meeting.interview_type::VARCHAR AS interview_type,
    meeting.held_at,
    meeting.local_date,
    meeting.mode::VARCHAR AS mode,
    meeting.attendance::VARCHAR AS attendance,
    meeting.contact,
    judged.reporter_row,
    judged.mode_row,
    judged.reason,
    kept.source AS kept_source,
    kept.fact_id AS kept_fact_id,
    kept.interview_type = meeting.interview_type
    AND minute_of(kept.held_at) = minute_of(meeting.held_at) AS same_minute_as_kept,
    spell.source AS spell_source,
    spell.fact_id AS spell_fact_id,
    meeting.spell_municipality::VARCHAR AS spell_municipality,
    meeting.benefit::VARCHAR AS benefit,
    meeting.target_group,
    meeting.spell_start,
    nullif(spell.ends_on, forever()) AS spell_end,
    in_mode.fact IS NOT NULL AS has_mode,
    in_mode.region,
    in_mode.first,
    in_mode.six_months_reached,
    in_mode.mode_rule,
    in_mode.assessment_documented,
    in_mode.mode_lawful,
    in_mode.assessment_missing,
    outcome.outcome::VARCHAR AS outcome,
    outcome.reached_on AS outcome_on
FROM told_meetings AS meeting
INNER JOIN judged_meetings AS judged ON meeting.fact = judged.fact
INNER JOIN meetings AS told ON meeting.fact = told.fact
LEFT JOIN meetings AS kept ON meeting.duplicate_of = kept.fact
LEFT JOIN spell_of_meeting AS of_spell ON meeting.fact = of_spell.fact
LEFT JOIN spells AS spell ON of_spell.spell = spell.fact
LEFT JOIN mode_of_meeting AS in_mode ON meeting.fact = in_mode.fact
LEFT JOIN outcome_of_meeting AS outcome ON meeting.fact = outcome.fact
WHERE meeting.source = getvariable('source') AND meeting.fact_id = getvariable('fact_id')
