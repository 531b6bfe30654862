-- R18  Citizens with a protected address: where a source says so, in any of their pseudonyms.
SELECT DISTINCT citizen
FROM protections
WHERE protected
