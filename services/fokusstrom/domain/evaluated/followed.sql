-- R14  Of the meetings that are asked of: how many there are and after how many each outcome was reached, no later
--      than the date + horizon; the distinct citizens behind them; and the sum of squares of each citizen's meetings.
WITH of_citizens AS (
    SELECT
        rule,
        part,
        code,
        mode,
        horizon,
        citizen,
        count(*) AS meetings
    FROM asked
    GROUP BY ALL
),

cells AS (
    SELECT
        rule,
        part,
        code,
        mode,
        horizon,
        sum(meetings)::BIGINT AS meetings,
        count(*) AS citizens,
        sum(meetings * meetings)::BIGINT AS squares
    FROM of_citizens
    GROUP BY ALL
),

reached_by_citizens AS (
    SELECT
        asked.rule,
        asked.part,
        asked.code,
        asked.mode,
        asked.horizon,
        followed.outcome,
        asked.citizen,
        count(*) AS meetings
    FROM asked
    INNER JOIN what_followed AS followed
        ON asked.fact = followed.fact AND followed.reached_on <= add_months(asked.local_date, asked.horizon)
    GROUP BY ALL
),

reached AS (
    SELECT
        those.rule,
        those.part,
        those.code,
        those.mode,
        those.horizon,
        those.outcome,
        sum(those.meetings)::BIGINT AS reached,
        count(*) AS citizens_reached,
        -- after all of their meetings here
        count(*) FILTER (WHERE those.meetings = everything.meetings) AS citizens_only
    FROM reached_by_citizens AS those
    INNER JOIN of_citizens AS everything
        ON
            those.rule IS NOT DISTINCT FROM everything.rule
            AND those.part = everything.part
            AND those.code IS NOT DISTINCT FROM everything.code
            AND those.mode = everything.mode
            AND those.horizon = everything.horizon
            AND those.citizen = everything.citizen
    GROUP BY ALL
)

SELECT
    cells.rule,
    cells.part,
    cells.code,
    cells.mode,
    cells.horizon,
    kinds.outcome,
    cells.meetings,
    cells.citizens,
    cells.squares,
    coalesce(reached.reached, 0) AS reached,
    coalesce(reached.citizens_reached, 0) AS citizens_reached,
    coalesce(reached.citizens_only, 0) AS citizens_only
FROM cells
CROSS JOIN (VALUES ('JOB'), ('EDUCATION'), ('FIT')) AS kinds (outcome)
LEFT JOIN reached
    ON
        cells.rule IS NOT DISTINCT FROM reached.rule
        AND cells.part = reached.part
        AND cells.code IS NOT DISTINCT FROM reached.code
        AND cells.mode = reached.mode
        AND cells.horizon = reached.horizon
        AND kinds.outcome = reached.outcome
