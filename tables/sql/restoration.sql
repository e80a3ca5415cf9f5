-- After a restore: nothing leaves until headquarters says so, and days before it are told of no more.

CREATE FUNCTION deed.sending_held() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM restoration WHERE released_at IS NULL)
$$;

-- The day of the newest restore; null where there never was one.
CREATE FUNCTION deed.restored_on() RETURNS date LANGUAGE sql STABLE AS $$ SELECT max(business_date) FROM restoration $$;

-- Whether a message was handed over by this database, not by the one that a backup was made of: what became of that one's is
-- unknown here, and it is never offered again.
CREATE FUNCTION deed.sent_here(handed_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM restoration r WHERE r.restored_at >= handed_at)
$$;

-- Lets messages leave again; false when nothing held them.
CREATE FUNCTION deed.sending_release(at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('role') <> 'regulars_hq_admin' THEN
        RAISE insufficient_privilege USING MESSAGE = 'this role may not release what a restore holds';
    END IF;
    UPDATE restoration SET released_at = at, released_by = deed.staff() WHERE released_at IS NULL;
    RETURN FOUND;
END $$;
