-- One posting of a till, in few plain statements: what points_add and points_take do for many at once. The member is locked
-- and settled. The same oracle judges both ways: tills come this one, files and nights the other.

CREATE FUNCTION deed.points_add_one(p deed.posting, owing bigint[]) RETURNS deed.outcome LANGUAGE plpgsql AS $$
DECLARE
    known points_entry;
    account points_account;
    made bigint;
    ready bigint := CASE WHEN p.available_on <= p.business_date THEN p.points ELSE 0 END;
BEGIN
    SELECT * FROM points_entry WHERE source = p.source AND reference = p.reference INTO known;
    IF known.id IS NOT NULL THEN
        RETURN (1, CASE WHEN (known.member, known.kind, known.points) = (p.member, p.kind, p.points) THEN 'known' ELSE 'conflict' END,
                known.id, p.points, known.balance_after)::deed.outcome;
    END IF;
    UPDATE points_account a SET balance = balance + ready - least(debt, ready), debt = debt - least(debt, ready),
        pending = pending + p.points - ready, earned_total = earned_total + CASE p.kind WHEN 'earn' THEN p.points ELSE 0 END,
        lapses_on = least(lapses_on, p.expires_on), touched_on = greatest(touched_on, p.business_date)
    WHERE a.member = p.member RETURNING * INTO account;
    IF account.member IS NULL THEN
        RETURN (1, 'unknown_member', NULL, p.points, NULL)::deed.outcome;
    END IF;
    INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, reason, purchase, staff, business_date)
    VALUES (p.member, p.store, p.kind, p.points, account.balance + account.pending - account.debt, p.source, p.reference, p.reason,
            p.purchase, p.staff, p.business_date) RETURNING id INTO made;
    INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on, matured)
    VALUES (made, p.member, p.store, p.points, p.points, p.available_on, p.expires_on, p.available_on <= p.business_date);
    IF owing IS NOT NULL THEN
        PERFORM deed.debts_allocate(owing, p.business_date);
    END IF;
    RETURN (1, 'posted', made, p.points, account.balance + account.pending - account.debt)::deed.outcome;
END $$;

CREATE FUNCTION deed.points_take_one(p deed.posting, gift bigint, worth numeric) RETURNS deed.outcome LANGUAGE plpgsql AS $$
DECLARE
    known points_entry;
    account points_account;
    made bigint;
    lot record;
    due bigint := -p.points;
BEGIN
    SELECT * FROM points_entry WHERE source = p.source AND reference = p.reference INTO known;
    IF known.id IS NOT NULL THEN
        RETURN (1, CASE WHEN (known.member, known.kind, known.points, known.reward) IS NOT DISTINCT FROM (p.member, p.kind, p.points, gift)
                THEN 'known' ELSE 'conflict' END, known.id, p.points, known.balance_after)::deed.outcome;
    END IF;
    UPDATE points_account a SET balance = balance + p.points, touched_on = greatest(touched_on, p.business_date)
    WHERE a.member = p.member AND a.balance + p.points >= 0 RETURNING * INTO account;
    IF account.member IS NULL THEN
        RETURN (1, CASE WHEN EXISTS (SELECT FROM points_account a WHERE a.member = p.member) THEN 'short' ELSE 'unknown_member' END,
                NULL, p.points, NULL)::deed.outcome;
    END IF;
    INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, reason, purchase, reward, value, staff, business_date)
    VALUES (p.member, p.store, p.kind, p.points, account.balance + account.pending - account.debt, p.source, p.reference, p.reason,
            p.purchase, gift, worth, p.staff, p.business_date) RETURNING id INTO made;
    FOR lot IN SELECT n.id, n.remaining FROM (
            SELECT * FROM points_lot WHERE member = p.member AND expires_on >= p.business_date
            UNION ALL SELECT * FROM points_lot WHERE member = p.member AND expires_on IS NULL) n
        WHERE n.remaining > 0 AND n.matured ORDER BY n.expires_on NULLS LAST, n.available_on, n.id
    LOOP
        INSERT INTO points_allocation (entry, lot, points) VALUES (made, lot.id, least(lot.remaining, due));
        UPDATE points_lot SET remaining = remaining - least(lot.remaining, due) WHERE id = lot.id;
        due := due - least(lot.remaining, due);
        EXIT WHEN due = 0;
    END LOOP;
    RETURN (1, 'posted', made, p.points, account.balance + account.pending - account.debt)::deed.outcome;
END $$;
