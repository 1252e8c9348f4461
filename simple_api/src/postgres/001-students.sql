CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE student (
  name   text COLLATE "C" PRIMARY KEY CHECK (char_length(name) BETWEEN 1 AND 200)
         CHECK (name !~ '[\u0001-\u001f\u007f-\u009f]'), -- no line breaks
  -- As JSON has it: 20 and "20" are two ages.
  age    text COLLATE "C" NOT NULL CHECK (age ~ '^("[0-9]{1,3}"|0|[1-9][0-9]{0,2})$'),
  years  smallint NOT NULL GENERATED ALWAYS AS (trim(BOTH '"' FROM age)::smallint) STORED CHECK (years <= 150),
  -- The name without case and accents: students/fold.ts.
  folded text COLLATE "C" NOT NULL
);

-- The order of people. An index takes no text of more than 2.7 kB, and some letters fold to 18.
CREATE INDEX student_by_name ON student (left(folded, 100), name);
CREATE INDEX student_by_age ON student (years, left(folded, 100), name);
CREATE INDEX student_parts ON student USING gin (folded gin_trgm_ops);

CREATE TABLE list (
  one      boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- Random: after a restore, a counter would name other content with an old version.
  version  uuid NOT NULL DEFAULT gen_random_uuid(),
  students integer NOT NULL DEFAULT 0,
  -- Which rules made the column `folded`.
  folding  text
);
INSERT INTO list DEFAULT VALUES;

-- Before a change: so whoever changes students, with psql as well, has locked the row of `list`.
CREATE FUNCTION list_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE list SET version = gen_random_uuid();
  RETURN NULL;
END $$;
CREATE TRIGGER list_changes BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON student
  EXECUTE FUNCTION list_changes();

CREATE FUNCTION count_students() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CASE TG_OP
    WHEN 'INSERT' THEN UPDATE list SET students = students + (SELECT count(*) FROM changed);
    WHEN 'DELETE' THEN UPDATE list SET students = students - (SELECT count(*) FROM changed);
    WHEN 'TRUNCATE' THEN UPDATE list SET students = 0;
  END CASE;
  RETURN NULL;
END $$;
CREATE TRIGGER count_added AFTER INSERT ON student
  REFERENCING NEW TABLE AS changed EXECUTE FUNCTION count_students();
CREATE TRIGGER count_removed AFTER DELETE ON student
  REFERENCING OLD TABLE AS changed EXECUTE FUNCTION count_students();
CREATE TRIGGER count_none AFTER TRUNCATE ON student EXECUTE FUNCTION count_students();
