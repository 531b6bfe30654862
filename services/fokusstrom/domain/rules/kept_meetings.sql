-- R14, R15  Meetings that are held and kept, and what the rules ask of them.
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
    first_meetings.fact IS NOT NULL AS first,
    -- six months reached: starts_on of its spell + 6 calendar months <= local date; false without a spell
    coalesce(add_months(meeting.spell_start, early_contact.months) <= meeting.local_date, false) AS six_months_reached
FROM judged_meetings AS meeting
CROSS JOIN early_contact
LEFT JOIN first_meetings ON meeting.fact = first_meetings.fact
LEFT JOIN regions ON meeting.told_by = regions.municipality
WHERE meeting.kept
