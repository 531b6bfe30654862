-- Section 4  Meetings without a spell: held and kept, on a date that no benefit spell of the citizen covers (R4).
SELECT
    meeting.fact,
    'no_spell' AS reason,
    NULL::BIGINT AS other
FROM told_meetings AS meeting
WHERE meeting.kept AND meeting.spell_start IS NULL
