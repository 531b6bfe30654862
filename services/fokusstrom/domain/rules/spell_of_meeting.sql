-- R4  The spell of a meeting is the citizen's spell that covers its local date; of several, first one in
--     the meeting's municipality, then the latest starts_on, then the smallest (source, fact_id).
WITH covering AS (
    SELECT
        meeting.fact,
        meeting.citizen,
        spell.fact AS spell,
        spell.municipality AS spell_municipality,
        spell.municipality = meeting.municipality AS in_its_municipality,
        spell.benefit,
        spell.target_group,
        spell.starts_on AS spell_start,
        spell.source,
        spell.fact_id
    FROM meetings AS meeting
    INNER JOIN spells AS spell
        ON
            meeting.citizen = spell.citizen
            AND meeting.local_date BETWEEN spell.starts_on AND spell.ends_on
),

the_spell AS (
    SELECT alone.*
    FROM covering AS alone
    ANTI JOIN overlapping_spells AS of_several ON alone.citizen = of_several.citizen
    UNION ALL
    SELECT one.*
    FROM covering AS one
    SEMI JOIN overlapping_spells AS of_several ON one.citizen = of_several.citizen
    QUALIFY
        row_number() OVER (
            PARTITION BY one.fact
            ORDER BY one.in_its_municipality DESC, one.spell_start DESC, one.source ASC, one.fact_id ASC
        ) = 1
)

SELECT
    fact,
    spell,
    spell_municipality,
    benefit,
    target_group,
    spell_start
FROM the_spell
