-- Campaigns: which state follows which, who may move them, and what may still be edited.

-- draft → review (a store's own) → scheduled → sending ⇄ paused; scheduled from draft where headquarters made it; back to
-- draft while no step has begun; cancelled from wherever it is open. Nothing of a campaign is handed over but while it is
-- sending; what is queued of a cancelled one never leaves. False where the state does not allow it.
CREATE FUNCTION deed.campaign_move(wanted bigint, target text, now_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    caller text := current_setting('role');
    leads CONSTANT boolean := caller IN ('regulars_job', 'regulars_hq_admin', 'regulars_hq_marketing');
    c campaign;
    needs_approval boolean;
BEGIN
    SELECT * FROM campaign p WHERE p.id = wanted FOR UPDATE INTO c;
    IF NOT FOUND OR NOT leads AND NOT (caller = 'regulars_store_manager' AND coalesce(c.store = ANY (deed.stores()), false)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this role may not move this campaign';
    END IF;
    needs_approval := c.store IS NOT NULL AND EXISTS (SELECT FROM staff s WHERE s.id = c.staff AND s.role NOT IN ('hq_admin', 'hq_marketing'));
    IF target = 'scheduled' AND c.state IN ('draft', 'review') THEN
        IF NOT leads THEN
            RAISE insufficient_privilege USING MESSAGE = 'headquarters approves the campaigns of stores', DETAIL = 'needs_approval';
        ELSIF needs_approval AND c.staff = deed.staff() THEN
            RAISE insufficient_privilege USING MESSAGE = 'nobody approves a campaign of their own', DETAIL = 'own_approval';
        ELSIF needs_approval AND c.state = 'draft' THEN
            RETURN false;
        END IF;
    END IF;
    IF NOT (CASE target WHEN 'review' THEN c.state = 'draft' WHEN 'scheduled' THEN c.state IN ('draft', 'review')
            WHEN 'draft' THEN c.state = 'review' OR c.state IN ('scheduled', 'paused') AND NOT EXISTS (SELECT FROM campaign_step s WHERE s.campaign = wanted AND s.state <> 'draft')
            WHEN 'paused' THEN c.state = 'sending' WHEN 'sending' THEN c.state = 'paused'
            WHEN 'cancelled' THEN c.state IN ('draft', 'review', 'scheduled', 'sending', 'paused') ELSE false END) THEN
        RETURN false;
    END IF;
    UPDATE campaign p SET state = target, reason = CASE WHEN target IN ('sending', 'scheduled') THEN NULL ELSE p.reason END,
        approved_by = CASE target WHEN 'scheduled' THEN deed.staff() WHEN 'draft' THEN NULL ELSE p.approved_by END,
        approved_at = CASE target WHEN 'scheduled' THEN now_at WHEN 'draft' THEN NULL ELSE p.approved_at END
    WHERE p.id = wanted;
    IF target = 'cancelled' THEN
        PERFORM deed.sends_end(ARRAY(SELECT s.id FROM send_log s WHERE s.campaign = wanted AND s.state = 'queued'), 'cancelled', NULL);
        UPDATE send_chunk k SET state = 'done', done_at = now_at WHERE k.campaign = wanted AND k.state IN ('held', 'waiting');
    END IF;
    RETURN true;
END $$;

-- Whether a person asks, not a deed or a job: they edit, and states move by themselves or by campaign_move.
CREATE FUNCTION deed.by_hand() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_user IN ('regulars_hq_admin', 'regulars_hq_marketing', 'regulars_store_manager')
$$;

CREATE FUNCTION deed.campaign_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT deed.by_hand() THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.staff := coalesce(deed.staff(), NEW.staff);
        IF NEW.state <> 'draft' OR NEW.approved_by IS NOT NULL OR NEW.approved_at IS NOT NULL THEN
            RAISE check_violation USING MESSAGE = 'a campaign begins as a draft', CONSTRAINT = 'campaign_begins';
        END IF;
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE check_violation USING MESSAGE = 'only drafts are deleted', CONSTRAINT = 'campaign_kept';
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.state, NEW.reason, NEW.staff, NEW.created_at, NEW.approved_by, NEW.approved_at)
        IS DISTINCT FROM (OLD.state, OLD.reason, OLD.staff, OLD.created_at, OLD.approved_by, OLD.approved_at)
        OR OLD.state <> 'draft' AND (NEW.store, NEW.content_kind, NEW.rhythm, NEW.goal, NEW.rule, NEW.holdout, NEW.canary)
        IS DISTINCT FROM (OLD.store, OLD.content_kind, OLD.rhythm, OLD.goal, OLD.rule, OLD.holdout, OLD.canary) THEN
        RAISE check_violation USING MESSAGE = 'this campaign has begun', CONSTRAINT = 'campaign_kept';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE ON campaign FOR EACH ROW EXECUTE FUNCTION deed.campaign_kept();

-- Steps may be edited while their campaign is a draft, and by headquarters those that are still to come while it is paused.
CREATE FUNCTION deed.step_open(which bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM campaign_step s JOIN campaign c ON c.id = s.campaign WHERE s.id = which AND s.state = 'draft'
        AND (c.state = 'draft' OR c.state = 'paused' AND current_user <> 'regulars_store_manager'))
$$;

CREATE FUNCTION deed.step_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT deed.by_hand() THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT FROM campaign c WHERE c.id = NEW.campaign
            AND (c.state = 'draft' OR c.state = 'paused' AND current_user <> 'regulars_store_manager'))
        OR TG_OP <> 'INSERT' AND NOT deed.step_open(OLD.id)
        OR TG_OP = 'UPDATE' AND NEW.campaign <> OLD.campaign
        OR TG_OP <> 'DELETE' AND (NEW.state <> 'draft' OR num_nonnulls(NEW.audience, NEW.frozen_at, NEW.winner, NEW.verdict, NEW.canary_state) > 0) THEN
        RAISE check_violation USING MESSAGE = 'this step is not open', CONSTRAINT = 'campaign_step_kept';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE ON campaign_step FOR EACH ROW EXECUTE FUNCTION deed.step_kept();

-- The link of a test message outlives the draft that it was about, and then leads to nothing in particular.
CREATE FUNCTION deed.links_let_go() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'campaign' THEN
        UPDATE short_link SET campaign = NULL, step = NULL WHERE campaign = OLD.id AND member IS NULL;
    ELSE
        UPDATE short_link SET step = NULL WHERE step = OLD.id AND member IS NULL;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER lets_go BEFORE DELETE ON campaign FOR EACH ROW EXECUTE FUNCTION deed.links_let_go();
CREATE TRIGGER lets_go BEFORE DELETE ON campaign_step FOR EACH ROW EXECUTE FUNCTION deed.links_let_go();

CREATE FUNCTION deed.variant_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF deed.by_hand() AND (TG_OP <> 'INSERT' AND NOT deed.step_open(OLD.step) OR TG_OP <> 'DELETE' AND NOT deed.step_open(NEW.step)) THEN
        RAISE check_violation USING MESSAGE = 'this step is not open', CONSTRAINT = 'campaign_variant_kept';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE ON campaign_variant FOR EACH ROW EXECUTE FUNCTION deed.variant_kept();
