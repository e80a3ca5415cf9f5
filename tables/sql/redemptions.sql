-- Redemptions of rewards, and redemptions taken back (design 4.3, 4.4). The account is locked before the reward, as a
-- sale and what is redeemed with it do, so that tills wait for each other and never deadlock.

-- Claims a reward; `key` is the till's own reference. outcome: as points_take, or unknown_reward | reward_not_allowed |
-- out_of_stock. The same key again answers with the points of then, whatever the reward costs today.
CREATE FUNCTION deed.redemption_post(claimer bigint, shop bigint, key text, wanted bigint, day date, clerk bigint)
RETURNS SETOF deed.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    known points_entry;
    gift reward;
    said deed.outcome;
    highest integer;
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    PERFORM 1 FROM points_account WHERE member = claimer FOR UPDATE;
    SELECT * FROM reward WHERE id = wanted FOR NO KEY UPDATE INTO gift;
    SELECT * FROM points_entry WHERE source = 'redeem' AND reference = shop || ':' || key INTO known;
    SELECT t.rank FROM member m JOIN tier t ON t.id = m.tier WHERE m.id = claimer INTO highest;
    said := (1, CASE WHEN (known.member, known.reward) = (claimer, wanted) THEN 'known' WHEN known.id IS NOT NULL THEN 'conflict'
                     WHEN highest IS NULL THEN 'unknown_member' WHEN gift.id IS NULL THEN 'unknown_reward'
                     WHEN NOT gift.is_active OR highest < (SELECT t.rank FROM tier t WHERE t.id = gift.tier) THEN 'reward_not_allowed'
                     WHEN gift.stock = 0 THEN 'out_of_stock' END, known.id, known.points, known.balance_after);
    IF said.outcome IS NULL THEN
        SELECT * FROM deed.points_take(ARRAY[ROW(claimer, shop, 'redeem', -gift.points, 'redeem', shop || ':' || key, NULL, NULL,
            clerk, day, NULL, NULL)::deed.posting], wanted) INTO said;
        IF said.outcome = 'posted' THEN
            UPDATE reward SET stock = stock - 1 WHERE id = wanted AND stock IS NOT NULL;
        END IF;
    END IF;
    RETURN NEXT said;
END $$;

-- Gives a redemption's points back: to the lots they came from, where those are good for 7 more days, else as new lots of
-- the stores that owe them, good for 7 days. outcome: posted | known | unknown_redemption | in_debt (new points would have
-- to pay what is owed first).
CREATE FUNCTION deed.redemption_cancel(shop bigint, key text, day date, clerk bigint)
RETURNS SETOF deed.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    spent points_entry;
    known points_entry;
    account points_account;
    bound date := day + 7;
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    SELECT * FROM points_entry WHERE source = 'redeem' AND reference = shop || ':' || key INTO spent;
    IF spent.id IS NULL THEN
        RETURN NEXT (1, 'unknown_redemption', NULL, NULL, NULL)::deed.outcome;
        RETURN;
    END IF;
    PERFORM deed.points_settle(ARRAY[ROW(spent.member, shop, 'restore', -spent.points, 'restore', spent.id || ':1', NULL, NULL,
        clerk, day, day, NULL)::deed.posting]);
    SELECT * FROM points_entry WHERE source = 'restore' AND reference = spent.id || ':1' INTO known;
    SELECT * FROM points_account WHERE member = spent.member INTO account;
    IF known.id IS NOT NULL OR account.debt > 0 THEN
        RETURN NEXT (1, CASE WHEN known.id IS NULL THEN 'in_debt' ELSE 'known' END, known.id, known.points,
                     known.balance_after)::deed.outcome;
        RETURN;
    END IF;
    -- What a reward without a limit had never lost it does not get back.
    UPDATE reward SET stock = stock + 1 WHERE id = spent.reward AND stock IS NOT NULL;
    RETURN QUERY WITH entry AS (
        INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, staff, business_date)
        SELECT spent.member, spent.store, 'restore', -spent.points, account.balance + account.pending - account.debt - spent.points,
            'restore', spent.id || ':1', clerk, day
        RETURNING id, points, balance_after
    ), part AS MATERIALIZED (
        SELECT x.lot, x.points, l.store, l.expires_on, l.expires_on IS NULL OR l.expires_on >= bound AS good
        FROM points_allocation x JOIN points_lot l ON l.id = x.lot WHERE x.entry = spent.id
    ), allocation AS (
        INSERT INTO points_allocation (entry, lot, points) SELECT e.id, p.lot, -p.points FROM entry e CROSS JOIN part p WHERE p.good
    ), refilled AS (
        UPDATE points_lot l SET remaining = l.remaining + p.points FROM part p WHERE p.good AND l.id = p.lot
    ), lot AS (
        INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on, matured)
        SELECT e.id, spent.member, p.store, sum(p.points), sum(p.points), day, bound, true
        FROM entry e CROSS JOIN part p WHERE NOT p.good GROUP BY e.id, p.store ORDER BY p.store
    ), counted AS (
        UPDATE points_account a SET balance = a.balance - spent.points, touched_on = greatest(a.touched_on, day),
            lapses_on = least(a.lapses_on, (SELECT min(CASE WHEN p.good THEN p.expires_on ELSE bound END) FROM part p))
        WHERE a.member = spent.member
    )
    SELECT 1, 'posted', e.id, e.points, e.balance_after FROM entry e;
END $$;
