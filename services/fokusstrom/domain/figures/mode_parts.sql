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
        coalesce(judged.reason, 'counts') AS reason,
        CASE meeting.mode_lawful WHEN true THEN 'LAWFUL' WHEN false THEN 'UNLAWFUL' ELSE 'NO_RULE' END AS lawful,
        meeting.assessment_missing::VARCHAR AS assessment_missing,
        meeting.first::VARCHAR AS first
    FROM mode_of_meeting AS meeting
    INNER JOIN judged_meetings AS judged ON meeting.fact = judged.fact
    INNER JOIN months ON meeting.month = months.month
    WHERE meeting.contact
),

in_areas AS (
    SELECT * REPLACE (NULL::VARCHAR AS interview_type, told_by::VARCHAR AS told_by)
    FROM contact
    UNION ALL
    SELECT * REPLACE (interview_type::VARCHAR AS interview_type, 'DK' AS told_by)
    FROM contact
),

parts AS (
    SELECT
        citizen,
        told_by AS municipality,
        month,
        interview_type,
        mode,
        CASE 0
            WHEN grouping(reason) THEN 'reason'
            WHEN grouping(lawful) THEN 'lawful'
            WHEN grouping(assessment_missing) THEN 'assessment_missing'
            WHEN grouping(first) THEN 'first'
            ELSE 'all'
        END AS part,
        coalesce(reason, lawful, assessment_missing, first) AS code,
        count(*) AS meetings
    FROM in_areas
    GROUP BY GROUPING SETS (
        (citizen, told_by, month, interview_type, mode),
        (citizen, told_by, month, interview_type, mode, reason),
        (citizen, told_by, month, interview_type, mode, lawful),
        (citizen, told_by, month, interview_type, mode, assessment_missing),
        (citizen, told_by, month, interview_type, mode, first)
    )
)

SELECT
    *,
    1 AS persons,
    (meetings = max(meetings) OVER (PARTITION BY citizen, municipality, month, interview_type, mode))::INTEGER AS persons_only
FROM parts
