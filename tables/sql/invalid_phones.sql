-- What each quarter leaves behind: how many of a store's members have a number that is nobody's. Written when its last day is
-- closed and never again: who has a number changes, the quarter's figure does not.

CREATE FUNCTION deed.invalid_phones_count(day date, OUT stores bigint) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO invalid_phones (quarter, store, members, invalid)
    SELECT date_trunc('quarter', day)::date, s.id, count(m.id), count(m.id) FILTER (WHERE m.phone_status = 'invalid')
    FROM store s LEFT JOIN member m ON m.home_store = s.id AND m.phone IS NOT NULL AND m.erased_at IS NULL
    GROUP BY s.id ORDER BY s.id
    ON CONFLICT (quarter, store) DO NOTHING;
    GET DIAGNOSTICS stores = ROW_COUNT;
END $$;
