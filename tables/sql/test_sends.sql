-- Test sends: a campaign's text to colleagues, whose phones the job role does not read. For the job role alone: whoever asks
-- for them was asked for their role at the door.

-- Who may get one: active staff with a phone, of headquarters or of `shop` (null: of any store).
CREATE FUNCTION deed.test_people(shop bigint) RETURNS TABLE (id bigint, username text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id, s.username::text, s.role::text FROM staff s WHERE s.active AND s.phone <> ''
        AND (shop IS NULL OR s.role LIKE 'hq\_%' OR EXISTS (SELECT FROM staff_store p WHERE p.staff = s.id AND p.store = shop))
    ORDER BY s.username
$$;

-- Queues `body` for each of `people` who may get one; `key` with their number makes it unique. `missing`: who may not, then
-- nothing is queued. `queued`: how many were, none for a form that came twice.
CREATE FUNCTION deed.test_send(people bigint[], shop bigint, key text, body text, at timestamptz, OUT missing bigint[], OUT queued integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT coalesce(array_agg(u.id), '{}') FROM unnest(people) u(id)
    WHERE NOT EXISTS (SELECT FROM deed.test_people(shop) p WHERE p.id = u.id) INTO missing;
    queued := 0;
    IF cardinality(missing) > 0 THEN
        RETURN;
    END IF;
    INSERT INTO send_log (phone, store, message_class, dedupe_key, text, state, scheduled_at, send_before)
    SELECT s.phone, shop, 'staff', replace(key, '*', s.id::text), body, 'queued', at, at + interval '1 hour'
    FROM staff s WHERE s.id = ANY (people) ORDER BY s.id ON CONFLICT (dedupe_key) DO NOTHING;
    GET DIAGNOSTICS queued = ROW_COUNT;
END $$;
