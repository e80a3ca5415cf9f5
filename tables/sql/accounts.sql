-- Accounts at gateways: which of them may carry what now, how fast, and what became of their calls.

CREATE FUNCTION deed.account_born() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO gateway_health (account) SELECT id FROM born;
    RETURN NULL;
END $$;
CREATE TRIGGER born AFTER INSERT ON gateway_account REFERENCING NEW TABLE AS born
    FOR EACH STATEMENT EXECUTE FUNCTION deed.account_born();

-- The accounts that may carry a class at an instant, for each class from the first choice on. What is said at once asks
-- for no hours.
CREATE FUNCTION deed.accounts_ready(at timestamptz, zone text) RETURNS TABLE (class text, turn bigint, name text, connections integer)
LANGUAGE sql STABLE ROWS 10 AS $$
    SELECT c.class, row_number() OVER (PARTITION BY c.class ORDER BY a.priority, a.id), a.name, a.connections
    FROM gateway_account a JOIN gateway_health h ON h.account = a.id CROSS JOIN unnest(a.classes) AS c(class)
    WHERE a.is_active AND NOT h.is_paused AND (h.down_until IS NULL OR h.down_until <= at)
        AND (h.balance IS NULL OR h.balance > 0) AND (a.valid_until IS NULL OR a.valid_until >= (at AT TIME ZONE zone)::date)
        AND (c.class IN ('verification', 'staff') OR a.opens IS NULL
             OR (at AT TIME ZONE zone)::time >= a.opens AND (at AT TIME ZONE zone)::time < a.closes)
$$;

-- How many messages may leave through an account at this moment, of so many wanted, and else how long to wait (seconds).
-- What left is counted over a second from when its call ended (deed.account_used), because nobody knows when in between it
-- reached the operator. The clock is the database's: hosts differ. The count may be lost with the server: starting that
-- anew takes longer than a second.
CREATE FUNCTION deed.account_permit(account_name text, wanted integer, OUT granted integer, OUT wait double precision, OUT moment timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    span CONSTANT interval := '1 second';
    at timestamptz;
    most integer;
    health gateway_health;
    used integer;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT a.rate FROM gateway_account a WHERE a.name = account_name INTO most;
    IF most IS NULL THEN
        granted := wanted;
        wait := 0;
        RETURN;
    END IF;
    SELECT h.* FROM gateway_health h JOIN gateway_account a ON a.id = h.account WHERE a.name = account_name FOR UPDATE OF h INTO health;
    at := clock_timestamp();
    SELECT coalesce(array_agg(m.moment ORDER BY m.moment), '{}'), coalesce(array_agg(m.amount ORDER BY m.moment), '{}'), coalesce(sum(m.amount), 0)
    FROM unnest(health.moments, health.amounts) AS m(moment, amount) WHERE m.moment > at - span
    INTO health.moments, health.amounts, used;
    granted := least(wanted, most - used);
    IF granted <= 0 THEN
        granted := 0;
        wait := extract(epoch FROM health.moments[1] + span - at);
        RETURN;
    END IF;
    wait := 0;
    moment := at;
    UPDATE gateway_health h SET moments = health.moments || at, amounts = health.amounts || granted WHERE h.account = health.account;
END $$;

-- A call that was permitted at `moment` may have reached the operator so many seconds later.
CREATE FUNCTION deed.account_used(account_name text, moment timestamptz, seconds double precision) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE gateway_health h SET moments = array_replace(h.moments, moment, moment + seconds * interval '1 second')
    FROM gateway_account a WHERE a.id = h.account AND a.name = account_name;
END $$;

-- What became of a call. After so many failures in a row the account rests, and the next one takes its place; when it has
-- rested, one more failure is enough. `useless`: it may not even be tried again before that (no money, refused log-in).
CREATE FUNCTION deed.account_told(account_name text, at timestamptz, good boolean, useless boolean, error text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF good THEN
        UPDATE gateway_health h SET failures = 0, down_until = NULL, error_class = NULL
        FROM gateway_account a WHERE a.id = h.account AND a.name = account_name AND h.failures > 0;
    ELSE
        UPDATE gateway_health h SET failures = h.failures + 1, error_class = error,
            down_until = CASE WHEN useless OR h.failures + 1 >= a.failures_most THEN at + a.retry_seconds * interval '1 second' ELSE h.down_until END
        FROM gateway_account a WHERE a.id = h.account AND a.name = account_name;
    END IF;
END $$;
