-- Most meetings have one version: only where an id, or by chance its hash, comes again must the newest be found.
INSERT INTO cells
WITH
again AS (
    SELECT hash(id) AS hashed
    FROM appended
    GROUP BY hashed
    HAVING count(*) > 1
),

newest AS (
    SELECT appended.*
    FROM appended
    ANTI JOIN again ON hash(appended.id) = again.hashed
    UNION ALL
    (
        SELECT appended.*
        FROM appended
        SEMI JOIN again ON hash(appended.id) = again.hashed
        QUALIFY row_number() OVER (PARTITION BY appended.id ORDER BY appended.version DESC) = 1
    )
),

counted AS (
    SELECT
        municipality,
        target_group,
        mode,
        date_trunc('month', make_timestamp_ms(held_at)) AS month,
        count(*) AS meetings
    FROM newest
    WHERE NOT withdrawn
    GROUP BY ALL
)

SELECT
    cell_of(municipality, target_group, mode, epoch_ms(month)) AS cell,
    meetings
FROM counted;
