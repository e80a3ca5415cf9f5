-- What nobody may do, whoever asks: history is never rewritten. Deeds of privacy.sql alone forget a person in it.

CREATE FUNCTION deed.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = 'regulars_deed' AND current_setting('app.forgets', true) = 'yes' AND TG_OP <> 'TRUNCATE' THEN
        RETURN NULL;
    END IF;
    RAISE restrict_violation USING MESSAGE = format('%s is append-only: %s refused', TG_TABLE_NAME, TG_OP);
END $$;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['points_entry', 'points_allocation', 'purchase', 'purchase_line', 'tier_change', 'consent', 'audit_log',
                               'member_lookup', 'points_extension', 'points_extension_lot', 'complaint', 'click', 'invalid_phones'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION deed.refuse_change()', kept);
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION deed.refuse_change()', kept);
    END LOOP;
END $$;

-- A member is born with its account and its totals.
CREATE FUNCTION deed.member_born() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO points_account (member) SELECT id FROM born;
    INSERT INTO member_stats (member) SELECT id FROM born;
    RETURN NULL;
END $$;
CREATE TRIGGER born AFTER INSERT ON member REFERENCING NEW TABLE AS born
    FOR EACH STATEMENT EXECUTE FUNCTION deed.member_born();

-- A rank given, changed or taken back is the next night's business: its member counts as touched.
CREATE FUNCTION deed.grant_touched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE points_account SET touched_on = greatest(touched_on, coalesce(deed.last_closed() + 1, '-infinity'))
    WHERE member IN (SELECT member FROM given);
    RETURN NULL;
END $$;
CREATE TRIGGER touches AFTER INSERT ON tier_grant REFERENCING NEW TABLE AS given
    FOR EACH STATEMENT EXECUTE FUNCTION deed.grant_touched();
CREATE TRIGGER touches_too AFTER UPDATE ON tier_grant REFERENCING NEW TABLE AS given
    FOR EACH STATEMENT EXECUTE FUNCTION deed.grant_touched();
CREATE TRIGGER touches_also AFTER DELETE ON tier_grant REFERENCING OLD TABLE AS given
    FOR EACH STATEMENT EXECUTE FUNCTION deed.grant_touched();

-- Where a member lives goes with their yes to it, so that no history may repeat it.
CREATE FUNCTION deed.unplaced(name text, told jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN name = 'member' AND coalesce(told ->> 'latitude', told ->> 'longitude') IS NOT NULL
        THEN told || '{"latitude": "…", "longitude": "…"}' ELSE told END
$$;

-- People and configuration: who changed what. Jobs are left out: what they do is in their own append-only tables.
CREATE FUNCTION deed.audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - ARRAY['password', 'last_login', 'last_used_at', 'hash', 'credentials', 'moments', 'amounts', 'hashes', 'last_step'] END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - ARRAY['password', 'last_login', 'last_used_at', 'hash', 'credentials', 'moments', 'amounts', 'hashes', 'last_step'] END;
    doer text := current_setting('role');
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) ->> 'password' <> to_jsonb(NEW) ->> 'password' THEN
        after := after || '{"password": "changed"}';
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) ->> 'credentials' IS DISTINCT FROM to_jsonb(NEW) ->> 'credentials' THEN
        after := after || '{"credentials": "changed"}';
    END IF;
    IF before IS DISTINCT FROM after THEN
        INSERT INTO audit_log (staff, role, store, action, table_name, row_id, before, after, address)
        VALUES (deed.staff(), doer, (coalesce(after, before) ->> 'home_store')::bigint, lower(TG_OP), TG_TABLE_NAME,
                (coalesce(coalesce(after, before) ->> 'id', coalesce(after, before) ->> 'account'))::bigint,
                deed.unplaced(TG_TABLE_NAME, before), deed.unplaced(TG_TABLE_NAME, after), nullif(current_setting('app.address', true), ''));
    END IF;
    RETURN NULL;
END $$;

DO $$
DECLARE
    watched text;
BEGIN
    FOREACH watched IN ARRAY ARRAY['member', 'consent', 'erasure_request', 'chain', 'store', 'staff', 'staff_store', 'second_factor', 'category', 'product', 'tier', 'points_policy',
                                   'points_promotion', 'reward', 'reward_store', 'tag', 'member_tag', 'tier_grant', 'template', 'api_key', 'webhook',
                                   'segment', 'member_interest', 'sms_budget', 'campaign', 'campaign_step', 'campaign_variant',
                                   'gateway_account', 'gateway_health', 'signature', 'gateway_template',
                                   'contact_rule', 'blocked_word', 'keyword_reply', 'restoration'] LOOP
        EXECUTE format('CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW'
                ' WHEN (current_setting(''role'') <> ''regulars_job'') EXECUTE FUNCTION deed.audit()', watched);
    END LOOP;
END $$;
