-- Whether questions about a collection may be answered with ideas that do not come from it. They are marked as such, and
-- checked against it; off unless its owner turns it on.
ALTER TABLE collections ADD COLUMN explore INTEGER NOT NULL DEFAULT 0;
