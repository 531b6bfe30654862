CREATE TABLE appended (
    id VARCHAR,
    municipality INTEGER,
    target_group VARCHAR,
    held_at BIGINT,
    mode VARCHAR,
    version BIGINT,
    withdrawn BOOLEAN
);

CREATE TABLE newest (id VARCHAR PRIMARY KEY, version BIGINT, cell VARCHAR);

CREATE TABLE cells (cell VARCHAR, meetings BIGINT);

CREATE TABLE positions (number INTEGER PRIMARY KEY, next_offset BIGINT);

CREATE MACRO cell_of(municipality, target_group, mode, held_at)
AS concat_ws('|', municipality, target_group, mode, strftime(make_timestamp_ms(held_at), '%Y-%m'));
