-- What the owner of a collection has written about it.

-- Everyday words and the words of its sources, one concept a line as in the built-in table; searches of this collection
-- use them on top of that table.
ALTER TABLE collections ADD COLUMN synonyms TEXT NOT NULL DEFAULT '';

-- What is known not to be in it, in the owner's words; an abstention repeats it.
ALTER TABLE collections ADD COLUMN known_missing TEXT NOT NULL DEFAULT '';
