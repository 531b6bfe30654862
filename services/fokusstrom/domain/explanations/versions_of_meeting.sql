-- R1  Every record of one meeting that was taken in, and which holds.
SELECT
    record.version,
    record.registered_at,
    record.change_reason::VARCHAR AS change_reason,
    record.deleted,
    pseudonym_text(record.citizen) AS citizen,
    record.times,
    record.canonical = held_record.canonical AS holds
FROM versions AS record
CROSS JOIN held_record
ORDER BY record.version DESC, record.registered_at DESC, record.canonical DESC
