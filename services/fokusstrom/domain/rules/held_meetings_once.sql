-- R2  One meeting, reported twice: what is set aside, and for which record.
--     One row for each record of a meeting that was reported more than once.
WITH held AS (
    SELECT
        *,
        minute_of(held_at) AS minute
    FROM meetings
    WHERE attendance = 'HELD'
),

-- (a) the same citizen, interview_type and minute of held_at, is one meeting
same_minute AS (
    SELECT
        citizen,
        interview_type,
        minute
    FROM held
    GROUP BY ALL
    HAVING count(*) > 1
),

reported_again AS (
    SELECT held.*
    FROM held
    INNER JOIN same_minute USING (citizen, interview_type, minute)
),

-- the kept record is the jobcentre's if there is one, then the smallest (source, fact_id)
after_a AS (
    SELECT
        *,
        first_value(fact) OVER (
            PARTITION BY citizen, interview_type, minute
            ORDER BY reporter <> 'JOBCENTER', source, fact_id
        ) AS kept,
        first_value(a_kasse IGNORE NULLS) OVER (
            PARTITION BY citizen, interview_type, minute
            ORDER BY source, fact_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS others_a_kasse
    FROM reported_again
),

-- (b) joint meetings of the same citizen on the same local date, by a jobcentre and by an a-kasse
joint AS (
    SELECT
        held.fact,
        held.citizen,
        held.local_date,
        held.held_at,
        held.reporter,
        held.source,
        held.fact_id,
        coalesce(held.a_kasse, after_a.others_a_kasse) AS a_kasse
    FROM held
    LEFT JOIN after_a ON held.fact = after_a.fact
    WHERE held.interview_type = 'JOINT' AND (after_a.kept IS NULL OR after_a.kept = held.fact)
),

same_day AS (
    SELECT
        citizen,
        local_date,
        arg_min(fact, (held_at, source, fact_id)) FILTER (WHERE reporter = 'JOBCENTER') AS kept,
        arg_min(a_kasse, (source, fact_id)) FILTER (WHERE reporter = 'A_KASSE' AND a_kasse IS NOT NULL) AS others_a_kasse
    FROM joint
    GROUP BY citizen, local_date
    HAVING bool_or(reporter = 'JOBCENTER') AND bool_or(reporter = 'A_KASSE')
),

-- all a-kasse records become duplicates of the first jobcentre record; further jobcentre records stay
after_b AS (
    SELECT
        joint.fact,
        same_day.kept,
        same_day.others_a_kasse
    FROM joint
    INNER JOIN same_day USING (citizen, local_date)
    WHERE joint.reporter = 'A_KASSE' OR joint.fact = same_day.kept
)

SELECT
    fact,
    nullif(coalesce(later.kept, b.kept, a.kept), fact) AS duplicate_of,   -- the record kept in the end
    -- in each step the kept record, if it has no a_kasse, takes that of a record which it makes a duplicate
    coalesce(
        CASE WHEN fact = a.kept THEN a.others_a_kasse END,
        CASE WHEN fact = b.kept THEN b.others_a_kasse END
    ) AS lent_a_kasse
FROM after_a AS a
FULL JOIN after_b AS b USING (fact)
LEFT JOIN after_b AS later ON a.kept = later.fact
