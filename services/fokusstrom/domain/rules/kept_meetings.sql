-- R14, R15  Meetings that are held and kept, and what the rules ask of them.
--     first: a contact meeting with a spell, and no other one of the citizen on or after the start of that spell is
--     earlier, by (held_at, source, fact_id).
SELECT
    meeting.fact,
    meeting.citizen,
    meeting.local_date,
    month_of(meeting.local_date) AS month,
    meeting.told_by,
    regions.region,
    meeting.benefit,                                        -- of its spell; null without one
    meeting.interview_type,
    meeting.contact,
    meeting.mode,
    coalesce(meeting.assessment_documented, false) AS assessment_documented,
    meeting.duration_minutes,
    previous.previous_on,
    meeting.contact AND meeting.spell_start IS NOT NULL AND previous.previous_on IS NULL AS first,
    -- six months reached: starts_on of its spell + 6 calendar months <= local date; false without a spell
    coalesce(add_months(meeting.spell_start, early_contact.months) <= meeting.local_date, false) AS six_months_reached
FROM told_meetings AS meeting
CROSS JOIN early_contact
LEFT JOIN previous_contact AS previous ON meeting.fact = previous.fact
LEFT JOIN regions ON meeting.told_by = regions.municipality
WHERE meeting.kept
