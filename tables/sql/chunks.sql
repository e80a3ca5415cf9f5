-- Chunks: messages that one worker has for itself until its lease is over. What waits alone is gathered into one when due.
-- Leases are counted by the database's clock, because hosts differ; `at` is the instant that the rules are asked for.

-- A queued message without a chunk waits for its time.
CREATE FUNCTION deed.send_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.next_at := coalesce(NEW.scheduled_at, NEW.created_at);
    RETURN NEW;
END $$;
CREATE TRIGGER waits BEFORE INSERT ON send_log FOR EACH ROW
    WHEN (NEW.state = 'queued' AND NEW.chunk IS NULL AND NEW.next_at IS NULL) EXECUTE FUNCTION deed.send_waits();

-- The lone due messages that leave next: of one class, through one account, which is the first that may carry it and is
-- among `free`. A message that names an account may have been taken there, and goes nowhere else.
CREATE FUNCTION deed.sends_alone(at timestamptz, zone text, names text[], free text[], urgent boolean, most integer)
RETURNS TABLE (id bigint, class text, gateway text) LANGUAGE plpgsql STABLE ROWS 500 AS $$
#variable_conflict use_column
BEGIN
    IF urgent THEN
        RETURN QUERY SELECT s.id, s.message_class::text, g.name FROM send_log s
        CROSS JOIN LATERAL (SELECT r.name FROM deed.accounts_ready(at, zone) r WHERE r.class = s.message_class AND r.name = ANY (names)
            AND (s.gateway IS NULL OR r.name = s.gateway) AND r.name <> ALL (s.tried) ORDER BY r.turn LIMIT 1) g
        WHERE s.chunk IS NULL AND s.next_at <= at AND s.message_class IN ('verification', 'staff') AND s.state = 'queued'
        ORDER BY s.next_at, s.id LIMIT most;
    ELSE
        RETURN QUERY WITH ready AS MATERIALIZED (SELECT * FROM deed.accounts_ready(at, zone) r WHERE r.name = ANY (names))
        SELECT s.id, s.message_class::text, g.name FROM send_log s
        CROSS JOIN LATERAL (SELECT r.name FROM ready r WHERE r.class = s.message_class
            AND (s.gateway IS NULL OR r.name = s.gateway) AND r.name <> ALL (s.tried) ORDER BY r.turn LIMIT 1) g
        WHERE s.chunk IS NULL AND s.next_at <= at AND s.message_class IN ('marketing', 'notice') AND s.state = 'queued'
            AND g.name = ANY (free)
            AND (s.campaign IS NULL OR EXISTS (SELECT FROM campaign p WHERE p.id = s.campaign AND p.state = 'sending'))
        ORDER BY s.next_at, s.id LIMIT most;
    END IF;
END $$;

-- Gathers them into a chunk; null when there are none.
CREATE FUNCTION deed.chunk_gather(at timestamptz, zone text, names text[], free text[], urgent boolean, most integer, worker text, lease interval)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
    mine bigint[];
    kind text;
    through text;
BEGIN
    WITH alone AS (SELECT * FROM deed.sends_alone(at, zone, names, free, urgent, most)),
    taken AS (
        SELECT s.id FROM send_log s WHERE s.id IN (SELECT a.id FROM alone a JOIN (SELECT * FROM alone LIMIT 1) f
            ON f.class = a.class AND f.gateway = a.gateway) AND s.chunk IS NULL AND s.state = 'queued' ORDER BY s.id FOR UPDATE SKIP LOCKED
    ) SELECT (SELECT array_agg(t.id) FROM taken t), f.class, f.gateway FROM (SELECT * FROM alone LIMIT 1) f INTO mine, kind, through;
    IF mine IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO send_chunk (message_class, gateway, state, due_at, owner, lease_until, handed_at, size)
    VALUES (kind, through, 'claimed', at, worker, clock_timestamp() + lease, at, cardinality(mine)) RETURNING id INTO made;
    UPDATE send_log SET chunk = made, next_at = NULL WHERE id = ANY (mine);
    RETURN made;
END $$;

-- What a dead worker left on its way. A gateway that takes the same id once is offered it again, and nobody else is; for
-- others it is unknown whether it left.
CREATE FUNCTION deed.chunk_settle(which bigint, at timestamptz, idempotent text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parked integer;
    freed integer;
BEGIN
    WITH mine AS (SELECT s.id FROM send_log s WHERE s.chunk = which AND s.state = 'sending' ORDER BY s.id FOR UPDATE),
    settled AS (
        UPDATE send_log s SET state = CASE WHEN x.again THEN 'queued' ELSE 'unknown' END,
            chunk = CASE WHEN x.again THEN NULL ELSE s.chunk END, next_at = CASE WHEN x.again THEN at END
        FROM mine m CROSS JOIN LATERAL (SELECT o.gateway = ANY (idempotent) AND o.attempts < 20 AS again FROM send_log o WHERE o.id = m.id) x
        WHERE s.id = m.id RETURNING x.again
    ) SELECT count(*) FILTER (WHERE NOT again), count(*) FILTER (WHERE again) FROM settled INTO parked, freed;
    UPDATE send_chunk SET unknown = unknown + parked, sending = sending - parked - freed, size = size - freed WHERE id = which;
END $$;

-- Takes something to do for one worker: what is said at once, then what waits alone, then the oldest chunk, each through
-- the first account that may carry it and has a connection left. Nulls when there is nothing.
CREATE FUNCTION deed.chunk_claim(worker text, at timestamptz, zone text, names text[], idempotent text[], most integer, lease interval,
                                 OUT claimed bigint, OUT gateway text, OUT rate integer, OUT ending text, OUT international boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    free text[];
    open boolean;
    next record;
BEGIN
    IF deed.sending_held() THEN
        RETURN;
    END IF;
    claimed := deed.chunk_gather(at, zone, names, names, true, most, worker, lease);
    IF claimed IS NULL THEN
        open := deed.hours_open(at, zone, NULL);
        SELECT coalesce(array_agg(a.name), '{}') FROM gateway_account a WHERE a.name = ANY (names) AND a.connections >
            (SELECT count(*) FROM send_chunk c WHERE c.state = 'claimed' AND c.gateway = a.name AND c.lease_until > clock_timestamp()) INTO free;
        IF open THEN
            claimed := deed.chunk_gather(at, zone, names, free, false, most, worker, lease);
        END IF;
    END IF;
    IF claimed IS NULL THEN
        WITH ready AS MATERIALIZED (SELECT DISTINCT ON (r.class) r.class, r.name FROM deed.accounts_ready(at, zone) r
                                    WHERE r.name = ANY (names) ORDER BY r.class, r.turn)
        SELECT c.id, c.state, g.name FROM send_chunk c JOIN ready g ON g.class = c.message_class AND g.name = ANY (free)
        WHERE (c.state = 'waiting' AND c.due_at <= at OR c.state = 'claimed' AND c.lease_until < clock_timestamp())
            AND (open OR c.message_class IN ('verification', 'staff'))
            AND (c.campaign IS NULL OR EXISTS (SELECT FROM campaign p WHERE p.id = c.campaign AND p.state = 'sending'))
        ORDER BY c.due_at, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED INTO next;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        claimed := next.id;
        IF next.state = 'claimed' THEN
            PERFORM deed.chunk_settle(claimed, at, idempotent);
        END IF;
        UPDATE send_chunk c SET state = 'claimed', owner = worker, lease_until = clock_timestamp() + lease, gateway = next.name,
            handed_at = coalesce(c.handed_at, at) WHERE c.id = claimed;
    END IF;
    SELECT c.gateway, a.rate, a.opt_out_text, a.is_international FROM send_chunk c JOIN gateway_account a ON a.name = c.gateway
    WHERE c.id = claimed INTO gateway, rate, ending, international;
END $$;

-- The holder says that it lives; false when the chunk is somebody else's by now.
CREATE FUNCTION deed.chunk_keep(which bigint, worker text, lease interval) RETURNS boolean LANGUAGE sql AS $$
    WITH kept AS (
        UPDATE send_chunk SET lease_until = clock_timestamp() + lease
        WHERE id = which AND owner = worker AND state = 'claimed' AND lease_until > clock_timestamp() RETURNING 1
    ) SELECT EXISTS (SELECT FROM kept)
$$;

-- The holder lets go: done when nothing in it waits, else for whoever comes at `due` or later. What is still on its way
-- keeps it claimed: it is settled when the lease is over.
CREATE FUNCTION deed.chunk_release(which bigint, worker text, at timestamptz, due timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rest boolean;
BEGIN
    SELECT bool_or(s.state = 'queued') FROM send_log s WHERE s.chunk = which AND s.state IN ('queued', 'sending')
    HAVING NOT coalesce(bool_or(s.state = 'sending'), false) INTO rest;
    IF FOUND THEN
        UPDATE send_chunk SET state = CASE WHEN rest THEN 'waiting' ELSE 'done' END, owner = NULL, lease_until = NULL,
            due_at = CASE WHEN rest THEN due ELSE due_at END, done_at = CASE WHEN rest THEN NULL ELSE at END
        WHERE id = which AND owner = worker AND state = 'claimed';
    END IF;
END $$;

-- Queued messages whose time is over never leave; of what may have left already nobody knows. Returns how many.
CREATE FUNCTION deed.sends_sweep(at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    swept bigint;
BEGIN
    WITH late AS (
        SELECT s.id FROM send_log s WHERE s.id IN (
                SELECT a.id FROM send_log a WHERE a.chunk IS NULL AND a.next_at IS NOT NULL AND a.state = 'queued' AND a.send_before <= at
                UNION ALL SELECT b.id FROM send_chunk c JOIN send_log b ON b.chunk = c.id AND b.state = 'queued' AND b.send_before <= at
                WHERE c.state IN ('held', 'waiting') AND c.send_before <= at)
            AND s.state = 'queued' ORDER BY s.id FOR UPDATE
    ), over AS (
        UPDATE send_log s SET state = CASE WHEN s.gateway IS NULL THEN 'skipped' ELSE 'unknown' END, next_at = NULL,
            reason = CASE WHEN s.gateway IS NULL THEN 'too_late' END
        FROM late WHERE s.id = late.id RETURNING s.id, s.chunk, s.state
    ), told AS (
        UPDATE notice n SET state = 'skipped', reason = 'too_late' FROM over WHERE n.send_log = over.id AND over.state = 'skipped'
    ), counted AS (
        UPDATE send_chunk c SET skipped = c.skipped + o.skipped, unknown = c.unknown + o.unknown
        FROM (SELECT chunk, count(*) FILTER (WHERE state = 'skipped') AS skipped, count(*) FILTER (WHERE state = 'unknown') AS unknown
              FROM over WHERE chunk IS NOT NULL GROUP BY chunk ORDER BY chunk) o WHERE c.id = o.chunk
    )
    SELECT count(*) FROM over INTO swept;
    -- What has nothing left to offer and nothing on its way is done.
    UPDATE send_chunk c SET state = 'done', done_at = at WHERE c.state IN ('held', 'waiting') AND c.send_before <= at
        AND NOT EXISTS (SELECT FROM send_log s WHERE s.chunk = c.id AND s.state IN ('queued', 'sending'));
    RETURN swept;
END $$;

-- How many hand-overs have something to do at an instant, up to `most`.
CREATE FUNCTION deed.sends_waiting(at timestamptz, zone text, most integer) RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
    open boolean := deed.hours_open(at, zone, NULL);
BEGIN
    IF deed.sending_held() THEN
        RETURN 0;
    END IF;
    RETURN least(most, (SELECT count(*) FROM (
        (SELECT FROM send_log WHERE chunk IS NULL AND next_at <= at AND message_class IN ('verification', 'staff') AND state = 'queued' LIMIT 1)
        UNION ALL (SELECT FROM send_log WHERE chunk IS NULL AND next_at <= at AND open AND state = 'queued' LIMIT 1)
        UNION ALL (SELECT FROM send_chunk WHERE state = 'claimed' AND lease_until < clock_timestamp() LIMIT most)
        UNION ALL (SELECT FROM send_chunk c WHERE c.state = 'waiting' AND c.due_at <= at AND (open OR c.message_class IN ('verification', 'staff'))
            AND (c.campaign IS NULL OR EXISTS (SELECT FROM campaign p WHERE p.id = c.campaign AND p.state = 'sending')) LIMIT most)) w));
END $$;
