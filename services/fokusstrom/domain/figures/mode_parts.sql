-- Section 6, R17  Meetings by mode (JOB, FOLLOW_UP, JOINT; held and kept), of municipalities, and of the country by
--                 interview type: all of them, and by each of what is said of them. The distinct persons behind
--                 each, as six meetings can be one person, and those of whom nothing else is in `all`.
WITH contact AS (
    SELECT
        meeting.citizen,
        meeting.told_by,
        meeting.month,
        meeting.interview_type,
        meeting.mode,
        not_counting.reason,
        meeting.mode_lawful,
        meeting.assessment_missing,
        meeting.first
    FROM mode_of_meeting AS meeting
    INNER JOIN months ON meeting.month = months.month
    LEFT JOIN judged_meetings AS not_counting
        ON meeting.fact = not_counting.fact AND not_counting.reason IS NOT NULL
    WHERE meeting.contact
),

-- few meet more than once in a month by one mode
several AS (
    SELECT
        citizen,
        month,
        mode
    FROM contact
    GROUP BY citizen, month, mode
    HAVING count(*) > 1
),

-- who has one meeting only is counted together with others alike, under any of them: each is a person of their own
together AS (
    SELECT
        min(contact.citizen) AS citizen,
        contact.told_by,
        contact.month,
        contact.interview_type,
        contact.mode,
        contact.reason,
        contact.mode_lawful,
        contact.assessment_missing,
        contact.first,
        1 AS of_municipality,
        1 AS of_country,
        count(*) AS meetings,
        count(*) AS persons
    FROM contact
    ANTI JOIN several USING (citizen, month, mode)
    INNER JOIN persons ON contact.citizen = persons.citizen
    GROUP BY
        contact.told_by,
        contact.month,
        contact.interview_type,
        contact.mode,
        contact.reason,
        contact.mode_lawful,
        contact.assessment_missing,
        contact.first,
        persons.sign
),

one_by_one AS (
    SELECT
        contact.*,
        -- the citizen's meetings beside it in `all`, itself among them
        count(*) OVER (PARTITION BY contact.citizen, contact.month, contact.mode, contact.told_by) AS of_municipality,
        count(*) OVER (PARTITION BY contact.citizen, contact.month, contact.mode, contact.interview_type) AS of_country,
        1 AS meetings,
        1 AS persons
    FROM contact
    SEMI JOIN several USING (citizen, month, mode)
),

counted AS (
    FROM together
    UNION ALL BY NAME
    FROM one_by_one
),

in_areas AS (
    SELECT
        * REPLACE (NULL::VARCHAR AS interview_type, told_by::VARCHAR AS told_by),
        of_municipality AS of_citizen
    FROM counted
    UNION ALL
    SELECT
        * REPLACE (interview_type::VARCHAR AS interview_type, 'DK' AS told_by),
        of_country AS of_citizen
    FROM counted
),

parts AS (
    SELECT
        citizen,
        told_by,
        month,
        interview_type,
        mode,
        of_citizen,
        meetings,
        persons,
        unnest(['all', 'reason', 'lawful', 'assessment_missing', 'first']) AS part,
        unnest([
            NULL,
            coalesce(reason, 'counts'),
            CASE mode_lawful WHEN true THEN 'LAWFUL' WHEN false THEN 'UNLAWFUL' ELSE 'NO_RULE' END,
            assessment_missing::VARCHAR,
            first::VARCHAR
        ]) AS code
    FROM in_areas
)

SELECT
    citizen,
    told_by AS municipality,
    month,
    interview_type,
    mode,
    part,
    code,
    meetings,
    persons,
    persons AS persons_only
FROM parts
WHERE of_citizen = 1
UNION ALL
SELECT
    citizen,
    told_by AS municipality,
    month,
    interview_type,
    mode,
    part,
    code,
    sum(meetings) AS meetings,
    1 AS persons,
    (sum(meetings) = of_citizen)::INTEGER AS persons_only
FROM parts
WHERE of_citizen > 1
GROUP BY citizen, told_by, month, interview_type, mode, part, code, of_citizen
