-- Section 5, R13  Chains that completed six months, once that month is reported, and who was not served by then.
SELECT
    chain.citizen,
    chain.municipality,
    chain.month,
    chain.benefit,
    1 AS chains,
    (NOT chain.served)::INTEGER AS not_served
FROM early_contact_chains AS chain
INNER JOIN months ON chain.month = months.month
