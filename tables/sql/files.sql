-- The files of one person: a file that was merged into another one (merges.sql) says into which; where that one was merged
-- later, it says into which as well. Most members have one file.

CREATE FUNCTION deed.file_kept(who bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(m.merged_into, m.id) FROM member m WHERE m.id = who
$$;

CREATE FUNCTION deed.files_of(who bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT k.id || ARRAY(SELECT m.id FROM member m WHERE m.merged_into = k.id ORDER BY m.id) FROM (SELECT deed.file_kept(who) AS id) k
$$;

CREATE FUNCTION deed.one_person(one bigint, other bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(one = other OR deed.file_kept(one) = deed.file_kept(other), false)
$$;

-- A lot, and those of other files that went on with what a merge took out of it.
CREATE FUNCTION deed.lot_line(first bigint) RETURNS SETOF points_lot LANGUAGE sql STABLE ROWS 1 AS $$
    WITH RECURSIVE line AS (
        SELECT l.* FROM points_lot l WHERE l.id = first
        UNION ALL
        SELECT n.* FROM line p CROSS JOIN LATERAL (
            SELECT e.id FROM points_entry e WHERE e.source = 'merge' AND e.reference = 'lot:' || p.id LIMIT 1) e
        JOIN points_lot n ON n.entry = e.id
    ) SELECT * FROM line
$$;
