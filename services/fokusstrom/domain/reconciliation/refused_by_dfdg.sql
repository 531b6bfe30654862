-- Section 4  What DFDG would refuse, so that it is not in jobindsats: the rules of its CreateInterview that facts
--            can be held against. Of two records the one registered later is refused. Meetings of type JOB,
--            FOLLOW_UP and JOINT are taken for resetting ones (nulstillende), which is assumed.
WITH held AS (
    SELECT
        meeting.*,
        record.registered_at,
        record.change_reason
    FROM told_meetings AS meeting
    INNER JOIN meeting_held AS record ON meeting.source = record.source AND meeting.fact_id = record.fact_id
    WHERE meeting.attendance = 'HELD'
),

-- the same citizen, type and time is not allowed
same_type_and_time AS (
    SELECT
        fact,
        'same_type_and_time' AS reason,
        first_value(fact) OVER registered AS other
    FROM held
    WINDOW registered AS (PARTITION BY citizen, interview_type, held_at ORDER BY registered_at, source, fact_id)
    QUALIFY other <> fact
),

-- two resetting meetings may not have exactly the same time: one minute apart is fine
same_time AS (
    SELECT
        held.fact,
        'same_time' AS reason,
        first_value(held.fact) OVER registered AS other
    FROM held
    ANTI JOIN same_type_and_time ON held.fact = same_type_and_time.fact
    WHERE held.contact
    WINDOW
        registered AS (
            PARTITION BY held.citizen, held.held_at
            ORDER BY held.registered_at, held.source, held.fact_id
        )
    QUALIFY other <> held.fact
),

-- none may be registered after one that was held later; of corrections the first registration is not known
registered_too_late AS (
    SELECT
        meeting.fact,
        'registered_too_late' AS reason,
        arg_min(later.fact, (later.registered_at, later.source, later.fact_id)) AS other
    FROM held AS meeting
    INNER JOIN held AS later
        ON
            meeting.citizen = later.citizen
            AND meeting.held_at < later.held_at
            AND meeting.registered_at > later.registered_at
    WHERE meeting.contact AND later.contact AND meeting.change_reason IS DISTINCT FROM 'CORRECTED'
    GROUP BY meeting.fact
),

-- a jobcentre may only register for citizens attached to it
not_attached AS (
    SELECT
        fact,
        'not_attached' AS reason,
        NULL::BIGINT AS other
    FROM held
    WHERE reporter = 'JOBCENTER' AND spell_municipality <> municipality
)

FROM same_type_and_time
UNION ALL
FROM same_time
UNION ALL
FROM registered_too_late
UNION ALL
FROM not_attached
