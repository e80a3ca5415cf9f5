-- Refunds (design 4.4): what of a sale is taken back, from which lines; what it had earned goes, what was spent on it returns.

-- One line of a sale: what is left of it, and what a refund takes of that.
CREATE TYPE deed.sale_rest AS (line bigint, product bigint, category bigint, multiplier numeric, counts boolean,
    left_quantity numeric, left_amount numeric, quantity numeric, amount numeric);
-- outcome: posted | known | conflict | unknown_receipt | refund_exceeds | before_sale
CREATE TYPE deed.refunded AS (outcome text, refund bigint, member bigint, amount numeric, taken_back bigint, restored bigint);

-- What is left of a sale, line by line in the order of the receipt.
CREATE FUNCTION deed.sale_left(sale bigint) RETURNS SETOF deed.sale_rest LANGUAGE sql STABLE AS $$
    SELECT l.id, l.product, l.category, l.multiplier, l.counts, l.quantity + coalesce(r.quantity, 0), l.amount + coalesce(r.amount, 0), 0, 0
    FROM purchase_line l
    CROSS JOIN LATERAL (SELECT sum(b.quantity) AS quantity, sum(b.amount) AS amount FROM purchase_line b WHERE b.refund_of = l.id) r
    WHERE l.purchase = sale ORDER BY l.id
$$;

-- An amount spread over what is left, in proportion; rounded so that the shares are the amount.
CREATE FUNCTION deed.rest_by_amount(rest deed.sale_rest[], asked numeric) RETURNS deed.sale_rest[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(ROW(s.line, s.product, s.category, s.multiplier, s.counts, s.left_quantity, s.left_amount,
        CASE WHEN s.share = s.left_amount THEN s.left_quantity ELSE round(s.left_quantity * s.share / s.left_amount, 3) END,
        s.share)::deed.sale_rest ORDER BY s.line)
    FROM (SELECT c.*, round(c.upto * asked / c.total, 2) - round((c.upto - c.left_amount) * asked / c.total, 2) AS share
          FROM (SELECT r.*, sum(r.left_amount) OVER (ORDER BY r.line) AS upto, sum(r.left_amount) OVER () AS total
                FROM unnest(rest) r) c) s
$$;

-- Named lines taken from those of the sale that are alike, in their order. Null where more is named than is left.
CREATE FUNCTION deed.rest_by_lines(rest deed.sale_rest[], products bigint[], categories bigint[], quantities numeric[], amounts numeric[])
RETURNS deed.sale_rest[] LANGUAGE sql IMMUTABLE AS $$
    WITH asked AS (
        SELECT a.product, CASE WHEN a.product IS NULL THEN a.category END AS category, sum(a.amount) AS amount, sum(a.quantity) AS quantity
        FROM unnest(products, categories, quantities, amounts) AS a(product, category, quantity, amount) GROUP BY 1, 2
    ), alike AS (
        SELECT r.*, a.amount AS asked, a.quantity AS asked_quantity,
            sum(r.left_amount) OVER w - r.left_amount AS earlier, sum(r.left_quantity) OVER w - r.left_quantity AS earlier_quantity
        FROM unnest(rest) r JOIN asked a ON a.product IS NOT DISTINCT FROM r.product AND a.category IS NOT DISTINCT FROM r.category
        WHERE r.left_amount > 0 WINDOW w AS (PARTITION BY r.product, r.category ORDER BY r.line)
    ), share AS (
        SELECT a.*, greatest(least(a.left_amount, a.asked - a.earlier), 0) AS part,
            -- least() overlooks nulls.
            CASE WHEN a.asked_quantity IS NOT NULL THEN greatest(least(a.left_quantity, a.asked_quantity - a.earlier_quantity), 0) END AS pieces
        FROM alike a
    ), picked AS (
        SELECT array_agg(ROW(r.line, r.product, r.category, r.multiplier, r.counts, r.left_quantity, r.left_amount,
            coalesce(s.pieces, CASE WHEN s.part = s.left_amount THEN s.left_quantity ELSE round(s.left_quantity * s.part / s.left_amount, 3) END, 0),
            coalesce(s.part, 0))::deed.sale_rest ORDER BY r.line) AS rest, sum(s.part) AS amount, sum(s.pieces) AS quantity
        FROM unnest(rest) r LEFT JOIN share s ON s.line = r.line
    )
    SELECT CASE WHEN p.amount = (SELECT sum(a.amount) FROM asked a)
                AND coalesce(p.quantity, 0) = coalesce((SELECT sum(a.quantity) FROM asked a), 0) THEN p.rest END FROM picked p
$$;

-- What a refund takes of each line; null when that is more than is left. All that is left where nothing is named.
CREATE FUNCTION deed.refund_parts(sale bigint, asked numeric, products bigint[], categories bigint[], quantities numeric[], amounts numeric[])
RETURNS deed.sale_rest[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    rest deed.sale_rest[] := (SELECT array_agg(r) FROM deed.sale_left(sale) r);
    total numeric := (SELECT sum(r.left_amount) FROM unnest(rest) r);
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(rest) r WHERE r.left_amount <> 0) AND EXISTS (SELECT FROM purchase p WHERE p.refund_of = sale) THEN
        RETURN NULL;
    END IF;
    IF cardinality(amounts) > 0 THEN
        rest := deed.rest_by_lines(rest, products, categories, quantities, amounts);
        RETURN CASE WHEN (SELECT sum(r.amount) FROM unnest(rest) r) <= total THEN rest END;
    END IF;
    IF asked > total OR asked <> total AND total <= 0 THEN
        RETURN NULL;
    END IF;
    IF asked <> total THEN
        RETURN deed.rest_by_amount(rest, asked);
    END IF;
    RETURN (SELECT array_agg(ROW(r.line, r.product, r.category, r.multiplier, r.counts, r.left_quantity, r.left_amount, r.left_quantity,
        r.left_amount)::deed.sale_rest ORDER BY r.line) FROM unnest(rest) r);
END $$;

-- What of an earning's points can still be asked back: less what has expired out of its lot, and what was taken back before.
CREATE FUNCTION deed.points_due_back(earning bigint, wanted bigint, before bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(wanted - before - coalesce(sum(x.points), 0), 0)::bigint FROM points_lot o CROSS JOIN LATERAL deed.lot_line(o.id) l
    JOIN points_allocation x ON x.lot = l.id JOIN points_entry e ON e.id = x.entry AND e.kind = 'expire' WHERE o.entry = earning
$$;

-- Takes points back: out of the earning's own lot first (held or not), then out of other lots, soonest to expire; what is
-- missing is owed. The member is locked and settled.
CREATE FUNCTION deed.points_take_back(earning bigint, posting deed.posting) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Null where nothing of it was left when its file was merged into another one.
    own bigint := (SELECT l.id FROM points_lot o CROSS JOIN LATERAL deed.lot_line(o.id) l WHERE o.entry = earning AND l.member = posting.member);
    due bigint := -posting.points;
BEGIN
    WITH entry AS (
        INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, purchase, staff, business_date)
        SELECT a.member, posting.store, posting.kind, -due, a.balance + a.pending - a.debt - due, posting.source, posting.reference,
            posting.purchase, posting.staff, posting.business_date FROM points_account a WHERE a.member = posting.member
        RETURNING id
    ), taken AS MATERIALIZED (
        SELECT l.id, l.matured, least(l.remaining, due - l.earlier)::bigint AS points, l.place FROM (
            SELECT n.*, sum(n.remaining) OVER w - n.remaining AS earlier, row_number() OVER w AS place FROM points_lot n
            WHERE n.member = posting.member AND n.remaining > 0 AND (n.matured OR n.id = own)
            WINDOW w AS (ORDER BY (n.id = own) IS TRUE DESC, n.expires_on NULLS LAST, n.available_on, n.id)) l
        WHERE l.earlier < due
    ), allocation AS (
        INSERT INTO points_allocation (entry, lot, points) SELECT e.id, t.id, t.points FROM entry e CROSS JOIN taken t ORDER BY t.place
    ), lot AS (
        UPDATE points_lot l SET remaining = l.remaining - t.points FROM taken t WHERE l.id = t.id
    )
    UPDATE points_account a SET balance = a.balance - t.ready, pending = a.pending - t.held, debt = a.debt + due - t.ready - t.held,
        touched_on = greatest(a.touched_on, posting.business_date)
    FROM (SELECT coalesce(sum(points) FILTER (WHERE matured), 0) AS ready, coalesce(sum(points) FILTER (WHERE NOT matured), 0) AS held FROM taken) t
    WHERE a.member = posting.member;
END $$;

-- What a refund moves: points given back of what was spent on the sale, and points taken back of what it had earned.
CREATE FUNCTION deed.refund_worth(sale purchase, spent points_entry, parts deed.sale_rest[], OUT restored bigint, OUT taken_back bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    before record;
    this record;
BEGIN
    SELECT coalesce(sum(-p.points), 0)::bigint AS points, coalesce(sum(-p.amount), 0) AS amount FROM purchase p WHERE p.refund_of = sale.id INTO before;
    SELECT sum(p.amount) AS amount, bool_and(p.left_amount = p.amount) AS ends,
        greatest(floor(sum((p.left_amount - p.amount) * p.multiplier) * sale.per_yuan * sale.tier_multiplier), 0)::bigint AS still
        FROM unnest(parts) p INTO this;
    restored := 0;
    IF spent.id IS NOT NULL THEN
        restored := greatest(CASE WHEN this.ends THEN -spent.points
            ELSE floor(-spent.points * (before.amount + this.amount) / sale.amount) END - (SELECT r.points FROM deed.restored_of(spent) r), 0);
    END IF;
    taken_back := coalesce((SELECT deed.points_due_back(e.id, sale.points - this.still, before.points) FROM points_entry e
        WHERE e.source = 'purchase' AND e.reference = sale.store || ':' || sale.receipt_no), 0);
END $$;

-- Posts them: first what is given back, then what is taken, and with the whole sale what it had earned for a referral.
CREATE FUNCTION deed.refund_points(sale purchase, spent points_entry, restored bigint, taken bigint, ended boolean, posting deed.posting)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    number text := posting.reference;
    bonus record;
BEGIN
    IF restored > 0 THEN
        PERFORM deed.points_restore(spent, restored, posting.business_date, posting.purchase, posting.store, posting.staff);
        PERFORM deed.reward_move(spent.reward, spent.store, 1) FROM deed.restored_of(spent) r
            WHERE spent.reward IS NOT NULL AND r.points = -spent.points;
    END IF;
    posting.points := -taken;
    IF posting.points < 0 THEN
        PERFORM deed.points_take_back(e.id, posting) FROM points_entry e
        WHERE e.source = 'purchase' AND e.reference = sale.store || ':' || sale.receipt_no;
    END IF;
    FOR bonus IN SELECT e.id, e.member, deed.points_due_back(e.id, e.points, 0) AS due FROM points_entry e
                 WHERE ended AND e.purchase = sale.id AND e.source = 'referral' ORDER BY e.id LOOP
        posting.member := deed.file_kept(bonus.member);
        posting.points := -bonus.due;
        posting.reference := number || ':' || bonus.member;
        PERFORM deed.points_take_back(bonus.id, posting) WHERE bonus.due > 0;
    END LOOP;
END $$;

-- All whom a refund of a sale may touch: its member, and who brought whom by it. Null: the sale is nobody's.
CREATE FUNCTION deed.refund_touches(sold bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(m.id ORDER BY m.id) FROM (
        SELECT p.member AS id FROM purchase p WHERE p.id = sold AND p.member IS NOT NULL
        UNION SELECT deed.file_kept(e.member) FROM points_entry e WHERE e.purchase = sold AND e.source = 'referral') m
$$;

-- Locks and settles them.
CREATE FUNCTION deed.refund_settle(sold bigint, shop bigint, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    people bigint[];
BEGIN
    LOOP
        people := deed.refund_touches(sold);
        IF people IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('refund', sold));
            RETURN;
        END IF;
        PERFORM deed.points_settle(array_agg((m, shop, 'refund', 0, 'refund', '', NULL, NULL, NULL, day, day, NULL)::deed.posting))
        FROM unnest(people) m;
        -- A file may have been merged into another one while this waited for it.
        EXIT WHEN people = deed.refund_touches(sold);
    END LOOP;
END $$;
