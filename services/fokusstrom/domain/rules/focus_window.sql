-- R8, R9  The 12 calendar months ending with M, not before the chain's start.
SELECT
    in_scope.*,
    greatest(add_months(in_scope.month, 1 - target.window_months), in_scope.chain_start) AS window_start
FROM in_scope
INNER JOIN focus_targets AS target ON in_scope.target_row = target.row
