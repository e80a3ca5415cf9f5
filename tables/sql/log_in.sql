-- Whoever gets another role, store or password, or leaves, is logged in nowhere any more. Ended, not deleted: deeds delete nothing.
CREATE FUNCTION deed.sessions_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whose bigint := (to_jsonb(OLD) ->> CASE TG_TABLE_NAME WHEN 'staff' THEN 'id' ELSE 'staff' END)::bigint;
BEGIN
    UPDATE session SET expiry_date = 'epoch', max_expiry_date = 'epoch' WHERE user_id = whose AND expiry_date > 'epoch';
    RETURN NULL;
END $$;
CREATE TRIGGER ends_sessions AFTER UPDATE ON staff FOR EACH ROW
    WHEN ((OLD.role, OLD.active, OLD.admin, OLD.password, OLD.username) IS DISTINCT FROM (NEW.role, NEW.active, NEW.admin, NEW.password, NEW.username))
    EXECUTE FUNCTION deed.sessions_end();
CREATE TRIGGER ends_sessions AFTER UPDATE OR DELETE ON staff_store FOR EACH ROW EXECUTE FUNCTION deed.sessions_end();
