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
        judged.reason,
        meeting.mode_lawful,
        meeting.assessment_missing,
        meeting.first,
        -- the citizen's meetings beside it in `all`, itself among them: nearly always it is the only one
        count(*) OVER (PARTITION BY meeting.citizen, meeting.month, meeting.mode, meeting.told_by) AS of_municipality,
        count(*) OVER (PARTITION BY meeting.citizen, meeting.month, meeting.mode, meeting.interview_type) AS of_country
    FROM mode_of_meeting AS meeting
    INNER JOIN judged_meetings AS judged ON meeting.fact = judged.fact
    INNER JOIN months ON meeting.month = months.month
    WHERE meeting.contact
),

in_areas AS (
    SELECT
        * REPLACE (NULL::VARCHAR AS interview_type, told_by::VARCHAR AS told_by),
        of_municipality AS of_citizen
    FROM contact
    UNION ALL
    SELECT
        * REPLACE (interview_type::VARCHAR AS interview_type, 'DK' AS told_by),
        of_country AS of_citizen
    FROM contact
),

-- who has one meeting only is counted together with others alike, under any of them: each is a person of their own
together AS (
    SELECT
        min(in_areas.citizen) AS citizen,
        in_areas.told_by,
        in_areas.month,
        in_areas.interview_type,
        in_areas.mode,
        in_areas.reason,
        in_areas.mode_lawful,
        in_areas.assessment_missing,
        in_areas.first,
        1 AS of_citizen,
        count(*) AS meetings,
        count(*) AS persons
    FROM in_areas
    INNER JOIN persons ON in_areas.citizen = persons.citizen
    WHERE in_areas.of_citizen = 1
    GROUP BY
        in_areas.told_by,
        in_areas.month,
        in_areas.interview_type,
        in_areas.mode,
        in_areas.reason,
        in_areas.mode_lawful,
        in_areas.assessment_missing,
        in_areas.first,
        persons.sign
),

one_by_one AS (
    SELECT
        citizen,
        told_by,
        month,
        interview_type,
        mode,
        reason,
        mode_lawful,
        assessment_missing,
        first,
        of_citizen,
        count(*) AS meetings,
        1 AS persons
    FROM in_areas
    WHERE of_citizen > 1
    GROUP BY ALL
),

counted AS (
    FROM together
    UNION ALL
    FROM one_by_one
),

parts AS (
    SELECT
        * EXCLUDE (reason, mode_lawful, assessment_missing, first),
        unnest(['all', 'reason', 'lawful', 'assessment_missing', 'first']) AS part,
        unnest([
            NULL,
            coalesce(reason, 'counts'),
            CASE mode_lawful WHEN true THEN 'LAWFUL' WHEN false THEN 'UNLAWFUL' ELSE 'NO_RULE' END,
            assessment_missing::VARCHAR,
            first::VARCHAR
        ]) AS code
    FROM counted
)

SELECT
    citizen,
    told_by AS municipality,
    month,
    interview_type,
    mode,
    part,
    code,
    sum(meetings) AS meetings,
    max(persons) AS persons,
    CASE WHEN of_citizen = 1 THEN max(persons) ELSE (sum(meetings) = of_citizen)::INTEGER END AS persons_only
FROM parts
GROUP BY citizen, told_by, month, interview_type, mode, part, code, of_citizen
