-- Redemptions, alone or within a sale, and redemptions taken back (design 4.3, 4.4). The account is locked before the
-- reward, as a sale and what is redeemed with it do, so that tills wait for each other and never deadlock.

-- outcome: posted | known | conflict | unknown_member | unknown_reward | reward_not_allowed | out_of_stock | bad_amount |
-- code_required | short
CREATE TYPE deed.redeemed AS (outcome text, entry bigint, points bigint, balance_after bigint, value numeric);
-- What somebody wants for points: a number of them or a reward; `code` is a code of theirs that was verified.
CREATE TYPE deed.wish AS (points bigint, reward bigint, code bigint);

-- Why a wish cannot be granted, null when it can; the price and its worth in yuan. Locks the reward and its place.
CREATE FUNCTION deed.wish_judge(claimer bigint, shop bigint, wish deed.wish, OUT refusal text, OUT price bigint, OUT worth numeric)
LANGUAGE plpgsql AS $$
DECLARE
    policy points_policy;
    gift reward;
    place reward_store;
    holder record;
BEGIN
    SELECT m.home_store, t.rank, m.erased_at FROM member m JOIN tier t ON t.id = m.tier WHERE m.id = claimer INTO holder;
    SELECT * FROM points_policy INTO policy;
    price := wish.points;
    worth := round(wish.points * policy.point_value, 2);
    IF wish.reward IS NOT NULL THEN
        SELECT * FROM reward WHERE id = wish.reward FOR NO KEY UPDATE INTO gift;
        SELECT * FROM reward_store WHERE reward = wish.reward AND store = shop FOR NO KEY UPDATE INTO place;
        price := gift.points;
        worth := gift.value;
    END IF;
    refusal := CASE
        WHEN holder.rank IS NULL OR holder.erased_at IS NOT NULL THEN 'unknown_member'
        WHEN wish.reward IS NOT NULL AND gift.id IS NULL THEN 'unknown_reward'
        WHEN gift.id IS NOT NULL AND (NOT gift.is_active OR holder.rank < (SELECT t.rank FROM tier t WHERE t.id = gift.tier)
            OR place.id IS NULL AND EXISTS (SELECT FROM reward_store s WHERE s.reward = gift.id)) THEN 'reward_not_allowed'
        WHEN gift.stock = 0 OR place.stock = 0 THEN 'out_of_stock'
        WHEN gift.id IS NULL AND (price < policy.redeem_min OR price % policy.redeem_step <> 0) THEN 'bad_amount'
        WHEN NOT deed.code_proves(wish.code, claimer, shop) AND (price >= policy.redeem_code_from OR policy.code_away_from_home AND holder.home_store <> shop)
            THEN CASE WHEN price > (SELECT a.balance FROM points_account a WHERE a.member = claimer) THEN 'short' ELSE 'code_required' END END;
END $$;

-- What a reward loses when it is claimed (-1) and gets back when that is undone (1). A reward without a limit has none.
CREATE FUNCTION deed.reward_move(gift bigint, shop bigint, change integer) RETURNS void LANGUAGE sql AS $$
    UPDATE reward SET stock = stock + change WHERE id = gift AND stock IS NOT NULL;
    UPDATE reward_store SET stock = stock + change WHERE reward = gift AND store = shop AND stock IS NOT NULL;
$$;

-- Redeems; `key` is the till's own reference, `sale` the purchase that it is part of. The same key again answers with the
-- points of then, whatever the reward costs today.
CREATE FUNCTION deed.redemption_take(claimer bigint, shop bigint, key text, wish deed.wish, sale bigint, day date, clerk bigint)
RETURNS deed.redeemed LANGUAGE plpgsql AS $$
DECLARE
    known points_entry;
    judged record;
    said deed.outcome;
    posting deed.posting := (claimer, shop, 'redeem', 0, 'redeem', shop || ':' || key, NULL, sale, clerk, day, NULL, NULL);
BEGIN
    PERFORM deed.points_settle(ARRAY[posting]);
    SELECT * FROM points_entry WHERE source = 'redeem' AND reference = posting.reference INTO known;
    IF known.id IS NOT NULL THEN
        RETURN (CASE WHEN (known.member, known.reward, known.purchase) IS NOT DISTINCT FROM (claimer, wish.reward, sale)
                          AND (wish.points IS NULL OR known.points = -wish.points) THEN 'known' ELSE 'conflict' END,
                known.id, known.points, known.balance_after, known.value)::deed.redeemed;
    END IF;
    SELECT * FROM deed.wish_judge(claimer, shop, wish) INTO judged;
    IF judged.refusal IS NOT NULL THEN
        RETURN (judged.refusal, NULL, NULL, NULL, NULL)::deed.redeemed;
    END IF;
    posting.points := -judged.price;
    said := deed.points_take_one(posting, wish.reward, judged.worth);
    IF said.outcome = 'posted' THEN
        PERFORM deed.reward_move(wish.reward, shop, -1) WHERE wish.reward IS NOT NULL;
        IF wish.code IS NOT NULL THEN
            UPDATE redemption_code SET entry = said.entry WHERE id = wish.code;
        END IF;
        PERFORM deed.events_queue('redemption', ARRAY[said.entry], ARRAY[shop]);
    END IF;
    RETURN (said.outcome, said.entry, said.points, said.balance_after, judged.worth)::deed.redeemed;
END $$;

CREATE FUNCTION deed.redemption_post(claimer bigint, shop bigint, key text, wish deed.wish, day date, clerk bigint)
RETURNS deed.redeemed LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    RETURN deed.redemption_take(claimer, shop, key, wish, NULL, day, clerk);
END $$;

-- How much of a redemption was given back, to whichever file of the person, and in how many entries; the newest of them.
CREATE FUNCTION deed.restored_of(spent points_entry, OUT points bigint, OUT times integer, OUT newest bigint) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(e.points), 0)::bigint, count(*)::integer, max(e.id) FROM points_entry e
    WHERE e.member = ANY (deed.files_of(spent.member)) AND e.kind = 'restore' AND e.business_date >= spent.business_date
        AND split_part(e.reference, ':', 1) = spent.id::text
$$;

-- Gives `wanted` points of a redemption back, those last that were taken first: to the lots they came from, where those are
-- good for 7 more days, else as new lots of the stores that owe them, good for 7 days; what is owed is paid with them. Where the
-- file was merged into another one, that one gets new lots that end as the old ones would have. The member is locked and
-- settled. `bill`: the refund that it is part of.
CREATE FUNCTION deed.points_restore(spent points_entry, wanted bigint, day date, bill bigint, shop bigint, clerk bigint)
RETURNS deed.outcome LANGUAGE plpgsql AS $$
DECLARE
    account points_account;
    before record;
    bound date := day + 7;
    holder CONSTANT bigint := deed.file_kept(spent.member);
    said deed.outcome;
BEGIN
    SELECT * FROM points_account WHERE member = holder INTO account;
    SELECT * FROM deed.restored_of(spent) INTO before;
    WITH entry AS (
        INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, purchase, staff, business_date)
        SELECT holder, shop, 'restore', wanted, account.balance + account.pending - account.debt + wanted,
            'restore', spent.id || ':' || before.times + 1, bill, clerk, day
        RETURNING id, points, balance_after
    ), part AS MATERIALIZED (
        SELECT a.lot, a.store, CASE WHEN a.expires_on IS NULL OR a.expires_on >= bound THEN a.expires_on ELSE bound END AS until,
            a.member = holder AND (a.expires_on IS NULL OR a.expires_on >= bound) AS good,
            (least(a.upto, before.points + wanted) - greatest(a.upto - a.points, before.points))::bigint AS points
        FROM (SELECT x.lot, x.points, l.member, l.store, CASE WHEN l.member = holder THEN l.expires_on ELSE (
                  SELECT n.expires_on FROM deed.lot_line(l.id) n ORDER BY n.id DESC LIMIT 1) END AS expires_on,
                  sum(x.points) OVER (ORDER BY x.id DESC) AS upto
              FROM points_allocation x JOIN points_lot l ON l.id = x.lot WHERE x.entry = spent.id) a
        WHERE least(a.upto, before.points + wanted) > greatest(a.upto - a.points, before.points)
    ), allocation AS (
        INSERT INTO points_allocation (entry, lot, points) SELECT e.id, p.lot, -p.points FROM entry e CROSS JOIN part p WHERE p.good
    ), refilled AS (
        UPDATE points_lot l SET remaining = l.remaining + p.points FROM part p WHERE p.good AND l.id = p.lot
    ), lot AS (
        INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on, matured)
        SELECT e.id, holder, p.store, sum(p.points), sum(p.points), day, p.until, true
        FROM entry e CROSS JOIN part p WHERE NOT p.good GROUP BY e.id, p.store, p.until ORDER BY p.store, p.until
    ), counted AS (
        UPDATE points_account a SET balance = a.balance + wanted - least(a.debt, wanted), debt = a.debt - least(a.debt, wanted),
            touched_on = greatest(a.touched_on, day),
            lapses_on = least(a.lapses_on, (SELECT min(p.until) FROM part p))
        WHERE a.member = holder
    )
    SELECT 1, 'posted', e.id, e.points, e.balance_after FROM entry e INTO said;
    IF account.debt > 0 THEN
        PERFORM deed.debts_allocate(ARRAY[holder], day);
    END IF;
    RETURN said;
END $$;

-- Gives back what is left of a redemption, and its reward's stock. outcome: posted | known | unknown_redemption
CREATE FUNCTION deed.redemption_cancel(shop bigint, key text, day date, clerk bigint)
RETURNS deed.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    spent points_entry;
    before record;
    holder bigint;
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    SELECT * FROM points_entry WHERE source = 'redeem' AND reference = shop || ':' || key INTO spent;
    IF spent.id IS NULL THEN
        RETURN (1, 'unknown_redemption', NULL, NULL, NULL)::deed.outcome;
    END IF;
    LOOP
        holder := deed.file_kept(spent.member);
        PERFORM deed.points_settle(ARRAY[(holder, shop, 'restore', 0, 'restore', spent.id || ':', NULL, NULL, clerk, day, day,
            NULL)::deed.posting]);
        -- The file may have been merged into another one while this waited for it.
        EXIT WHEN holder = deed.file_kept(spent.member);
    END LOOP;
    SELECT * FROM deed.restored_of(spent) INTO before;
    IF before.points = -spent.points THEN
        RETURN (SELECT (1, 'known', e.id, e.points, e.balance_after)::deed.outcome FROM points_entry e WHERE e.id = before.newest);
    END IF;
    PERFORM deed.reward_move(spent.reward, shop, 1) WHERE spent.reward IS NOT NULL;
    RETURN deed.points_restore(spent, -spent.points - before.points, day, NULL, shop, clerk);
END $$;
