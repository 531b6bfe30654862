SELECT
    cell,
    meetings
FROM cells
WHERE meetings <> 0;
