-- noqa: disable=LT01
-- Words that the rules use.
-- R3; since 1894 Danish clocks are at most two hours ahead of UTC: until 22:00 there, both have the same date
CREATE OR REPLACE MACRO local_date_of(instant)   AS CASE
    WHEN epoch_us(instant) % 86400000000 BETWEEN 0 AND 79199999999 THEN make_timestamp(epoch_us(instant))::DATE
    ELSE timezone('Europe/Copenhagen', instant)::DATE
END;
-- R2, minutes are of the instant; // cuts towards zero, and no instant lies before 1900
CREATE OR REPLACE MACRO minute_of(instant)       AS (epoch_us(instant) + 2208988800000000) // 60000000;
CREATE OR REPLACE MACRO month_of(day)            AS date_trunc('month', day)::DATE;
CREATE OR REPLACE MACRO add_months(day, n)       AS (day + to_months(n))::DATE;                      -- clips to the last day of the month
CREATE OR REPLACE MACRO months_apart(day, later) AS date_diff('month', day, later);
CREATE OR REPLACE MACRO month_text(month)        AS strftime(month, '%Y-%m');
CREATE OR REPLACE MACRO quarter_of(day)          AS date_trunc('quarter', day)::DATE;
CREATE OR REPLACE MACRO quarter_text(start)      AS strftime(start, '%Y-Q') || quarter(start);
-- a number for each area and period that cells are of, both as texts
CREATE OR REPLACE MACRO place_code(area, period) AS (
    CASE area WHEN 'DK' THEN 0 ELSE area::INTEGER END * 1000000
    + left(period, 4)::INTEGER * 20
    + CASE
        WHEN length(period) = 4 THEN 0
        WHEN substr(period, 6, 1) = 'Q' THEN right(period, 1)::INTEGER
        ELSE 4 + right(period, 2)::INTEGER
    END
)::INTEGER;
CREATE OR REPLACE MACRO in_hundredths(hours)     AS hours * 100;                                     -- what facts tell hours in
CREATE OR REPLACE MACRO forever()                AS DATE '9999-12-31';                               -- the end of what still runs
CREATE OR REPLACE MACRO pseudonym_text(person)   AS replace(person::VARCHAR, '-', '');
CREATE OR REPLACE MACRO person_head(person)      AS ('0x' || substr(person::VARCHAR, 1, 8))::BIGINT; -- what slices and slots divide
