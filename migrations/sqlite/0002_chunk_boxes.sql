-- Where a chunk stands on the pages that it came from, so that a viewer can highlight it: a JSON array with an array
-- for each line, [page, left, bottom, right, top], the page from 1, the edges in tenths of a point (1/720 inch) from
-- the lower left corner of the unturned page. NULL for chunks of texts without pages.
ALTER TABLE chunks ADD COLUMN boxes TEXT;
