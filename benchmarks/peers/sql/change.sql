CREATE OR REPLACE TEMP TABLE now AS
SELECT
    batch.id,
    batch.version,
    CASE
        WHEN NOT batch.withdrawn THEN cell_of(batch.municipality, batch.target_group, batch.mode, batch.held_at)
    END AS cell
FROM batch
ANTI JOIN newest ON batch.id = newest.id AND batch.version <= newest.version
QUALIFY row_number() OVER (PARTITION BY batch.id ORDER BY batch.version DESC) = 1;

CREATE OR REPLACE TEMP TABLE difference AS
WITH moved AS (
    SELECT
        cell,
        1 AS meetings
    FROM now
    UNION ALL
    SELECT
        newest.cell,
        -1 AS meetings
    FROM newest
    SEMI JOIN now ON newest.id = now.id
)

SELECT
    cell,
    sum(meetings)::BIGINT AS meetings
FROM moved
WHERE cell IS NOT NULL
GROUP BY cell;

INSERT OR REPLACE INTO newest FROM now;

MERGE INTO cells USING difference ON cells.cell = difference.cell
WHEN MATCHED THEN UPDATE SET meetings = cells.meetings + difference.meetings
WHEN NOT MATCHED THEN INSERT;
