-- The knowledge base: collections, documents and their versions, sections, chunks, vectors, the change log that the
-- search indexes follow, and the answers that were given. This file and those after it are the document of the data
-- model; they are append-only once released.
--
-- Conventions
--   * Ids come from AUTOINCREMENT and are never used twice, so that a derived index can never mistake a new row for an
--     old one that was deleted.
--   * Spans are byte offsets, half-open, into the UTF-8 text of one version.
--   * Dates are 'YYYY-MM-DD', moments RFC 3339; codes (lang, domain, status …) are those of the HTTP interface.
--   * A list of headings is a JSON array of strings, outermost first.

CREATE TABLE collections (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name   TEXT NOT NULL UNIQUE,
    title  TEXT NOT NULL,
    domain TEXT NOT NULL
) STRICT;

-- A document is a key in a collection. What it says is in its versions.
CREATE TABLE documents (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    key           TEXT NOT NULL,
    UNIQUE (collection_id, key)
) STRICT;

-- One state of a document: its metadata, and the hash over metadata, text and sections. Rows never change, except that
-- `current` falls from 1 to 0 when a newer version or a deletion takes the place, and it never rises again.
CREATE TABLE document_versions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id   INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    -- 1, 2, 3 … in one document.
    number        INTEGER NOT NULL,
    -- Searches use this version.
    current       INTEGER NOT NULL CHECK (current IN (0, 1)),
    -- BLAKE3, hexadecimal. The same hash put again is a no-op.
    content_hash  TEXT NOT NULL,
    -- How many chunks it was cut into, so that counting does not read them.
    chunk_count   INTEGER NOT NULL,
    title         TEXT NOT NULL,
    lang          TEXT NOT NULL,
    domain        TEXT NOT NULL,
    kind          TEXT NOT NULL,
    -- 1 (constitution, statute) to 9 (other).
    authority     INTEGER NOT NULL,
    jurisdiction  TEXT,
    issuer        TEXT,
    -- First and last day on which the text governs.
    valid_from    TEXT,
    valid_to      TEXT,
    status        TEXT NOT NULL,
    -- Key of the document that took its place.
    superseded_by TEXT,
    source_url    TEXT,
    licence       TEXT,
    note          TEXT,
    UNIQUE (document_id, number)
) STRICT;

-- At most one version of a document is searched.
CREATE UNIQUE INDEX document_versions_current ON document_versions (document_id) WHERE current = 1;

-- The text of a version, raw deflate of its UTF-8 bytes. Apart from the metadata, so that listing versions does not
-- walk over megabytes.
CREATE TABLE version_texts (
    version_id INTEGER PRIMARY KEY REFERENCES document_versions (id) ON DELETE CASCADE,
    -- Length of the inflated text in bytes: a check, and the size to allocate.
    byte_count INTEGER NOT NULL,
    deflated   BLOB NOT NULL
) STRICT;

-- Units that are cited as a whole: an article, a page, a question.
CREATE TABLE sections (
    version_id INTEGER NOT NULL REFERENCES document_versions (id) ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    -- Unique in its version: '第六百七十五条', 'Art. 17', 'p. 12'.
    locator    TEXT NOT NULL,
    path       TEXT NOT NULL,
    page       INTEGER,
    start_byte INTEGER NOT NULL,
    end_byte   INTEGER NOT NULL,
    PRIMARY KEY (version_id, ordinal)
) STRICT, WITHOUT ROWID;

-- What is searched, embedded and cited. Never crosses a section.
CREATE TABLE chunks (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    version_id INTEGER NOT NULL REFERENCES document_versions (id) ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    locator    TEXT NOT NULL,
    path       TEXT NOT NULL,
    page       INTEGER,
    start_byte INTEGER NOT NULL,
    end_byte   INTEGER NOT NULL,
    -- The bytes at the span, kept a second time: fifty search results out of fifty statutes would otherwise inflate
    -- fifty whole texts (measured: see the store's documentation).
    text       TEXT NOT NULL,
    UNIQUE (version_id, ordinal)
) STRICT;

-- The models that made vectors. Vectors of different models are never compared.
CREATE TABLE embedders (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,
    dimensions INTEGER NOT NULL
) STRICT;

-- One vector for a chunk and a model: little-endian 32-bit floats. Only chunks of current versions have any.
-- A vector that is written again takes a new sequence, so that a reader who remembers the last one misses nothing.
CREATE TABLE vectors (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    embedder_id INTEGER NOT NULL REFERENCES embedders (id) ON DELETE CASCADE,
    version_id  INTEGER NOT NULL REFERENCES document_versions (id) ON DELETE CASCADE,
    chunk_id    INTEGER NOT NULL REFERENCES chunks (id) ON DELETE CASCADE,
    floats      BLOB NOT NULL,
    UNIQUE (chunk_id, embedder_id)
) STRICT;

-- Counts by collection and by version; the cascade from a version.
CREATE INDEX vectors_by_version ON vectors (version_id, embedder_id);

-- What the search indexes replay, in order. It names the version and the collection by value: both may be gone by the
-- time that the entry is read.
CREATE TABLE changes (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL CHECK (kind IN ('added', 'removed')),
    version_id INTEGER NOT NULL,
    collection TEXT NOT NULL
) STRICT;

-- Answers as they were sent. They outlive the collections that they cite.
CREATE TABLE answers (
    id         TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    question   TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    json       TEXT NOT NULL
) STRICT;

CREATE INDEX answers_by_time ON answers (created_at);

-- The source bytes that an answer rests on. By version, so that a changed source leads to the answers to be recalled.
CREATE TABLE answer_citations (
    answer_id  TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    version_id INTEGER NOT NULL,
    start_byte INTEGER NOT NULL,
    end_byte   INTEGER NOT NULL,
    PRIMARY KEY (answer_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX answer_citations_by_version ON answer_citations (version_id);
