-- Section 4  What the enrichment says of every meeting.
-- R18        A protected citizen's jobcenter is null, and the instant is cut to the date.
SELECT
    meeting.citizen,
    meeting.source,
    meeting.fact_id,
    meeting.version,
    meeting.municipality,
    CASE WHEN protected.citizen IS NULL THEN meeting.jobcenter END AS jobcenter,
    CASE WHEN protected.citizen IS NULL THEN meeting.held_at END AS held_at,
    meeting.local_date,
    meeting.interview_type,
    meeting.mode,
    meeting.attendance,
    meeting.reporter,
    meeting.a_kasse,
    meeting.spell_municipality,
    meeting.benefit,
    meeting.target_group,
    meeting.spell_start,
    judged.reason IS NULL AS counts,
    judged.reason,
    kept.source AS duplicate_of_source,
    kept.fact_id AS duplicate_of_fact_id,
    coalesce(in_mode.first, false) AS first,
    in_mode.mode_lawful,
    in_mode.mode_rule,
    mode_rules.reference AS mode_rule_reference,
    coalesce(in_mode.assessment_missing, false) AS assessment_missing,
    outcome.outcome,
    outcome.reached_on AS outcome_on,
    outcome.reached_on - meeting.local_date AS outcome_days
FROM told_meetings AS meeting
INNER JOIN judged_meetings AS judged ON meeting.fact = judged.fact
LEFT JOIN meetings AS kept ON meeting.duplicate_of = kept.fact
LEFT JOIN mode_of_meeting AS in_mode ON meeting.fact = in_mode.fact
LEFT JOIN mode_rules ON in_mode.mode_rule = mode_rules.name
LEFT JOIN outcome_of_meeting AS outcome ON meeting.fact = outcome.fact
LEFT JOIN protected_citizens AS protected ON meeting.citizen = protected.citizen
