-- R4  The spell of a meeting is the citizen's spell that covers its local date; of several, first one in
--     the meeting's municipality, then the latest starts_on, then the smallest (source, fact_id).
SELECT
    meeting.fact,
    spell.fact AS spell,
    spell.municipality AS spell_municipality,
    spell.benefit,
    spell.target_group,
    spell.starts_on AS spell_start
FROM meetings AS meeting
INNER JOIN spells AS spell
    ON
        meeting.citizen = spell.citizen
        AND meeting.local_date BETWEEN spell.starts_on AND spell.ends_on
QUALIFY
    row_number() OVER (
        PARTITION BY meeting.fact
        ORDER BY
            spell.municipality = meeting.municipality DESC,
            spell.starts_on DESC,
            spell.source ASC,
            spell.fact_id ASC
    ) = 1
