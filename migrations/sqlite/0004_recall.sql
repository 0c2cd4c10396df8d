-- What an answer rests on, by value, so that it can be told later which of it changed, even once the source is gone.

-- When a change was made, RFC 3339 in UTC; NULL for changes that are older than this column.
ALTER TABLE changes ADD COLUMN at TEXT;

CREATE INDEX changes_by_version ON changes (version_id);

-- NULL where the source was gone already when these columns came.
ALTER TABLE answer_citations ADD COLUMN collection TEXT;
ALTER TABLE answer_citations ADD COLUMN document_key TEXT;
ALTER TABLE answer_citations ADD COLUMN title TEXT;
ALTER TABLE answer_citations ADD COLUMN locator TEXT;
-- The bytes that were cited.
ALTER TABLE answer_citations ADD COLUMN quote TEXT;
-- Whether the source governed, as it was known on that day.
ALTER TABLE answer_citations ADD COLUMN status TEXT;
ALTER TABLE answer_citations ADD COLUMN valid_to TEXT;
ALTER TABLE answer_citations ADD COLUMN superseded_by TEXT;

UPDATE answer_citations AS x
SET (collection, document_key, title, locator, quote, status, valid_to, superseded_by) = (
    SELECT c.name, d.key, v.title, k.locator,
           CAST(substr(CAST(k.text AS BLOB), x.start_byte - k.start_byte + 1, x.end_byte - x.start_byte) AS TEXT),
           v.status, v.valid_to, v.superseded_by
    FROM document_versions v
    JOIN documents d ON d.id = v.document_id
    JOIN collections c ON c.id = d.collection_id
    JOIN chunks k ON k.version_id = v.id AND k.start_byte <= x.start_byte AND k.end_byte >= x.end_byte
    WHERE v.id = x.version_id
    LIMIT 1
);
