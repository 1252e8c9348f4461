import { fold } from '../students/fold';
import type { Page, StudentQuery } from '../students/query';
import type { Database } from './database';

/** By name, and by age, within which students are by name whatever the order. */
const ORDERS = {
  name: { asc: 'left(folded, 100), name', desc: 'left(folded, 100) DESC, name DESC' },
  age: { asc: 'years, left(folded, 100), name', desc: 'years DESC, left(folded, 100), name' },
};

/** All of one state. What is known of the counts ($2, $3) is not counted again. */
const sql = ({ sort, order }: StudentQuery) => `
  WITH counted AS MATERIALIZED (
    SELECT years, count(*)::int AS n FROM student
    WHERE folded LIKE $1 AND (SELECT version FROM list) IS DISTINCT FROM $2::uuid GROUP BY years
  ), found AS (
    SELECT version, students, CASE WHEN version = $2::uuid THEN $3::int ELSE
      (SELECT coalesce(sum(n), 0)::int FROM counted WHERE years = $4 OR $4::int IS NULL) END AS matching
    FROM list
  )
  SELECT version, students AS "all", matching,
    (SELECT json_object_agg(years, n) FROM counted) AS ages,
    (SELECT coalesce(json_agg(json_build_object('name', name, 'age', age::json)), '[]') FROM (
      SELECT name, age FROM student WHERE folded LIKE $1 AND (years = $4 OR $4::int IS NULL)
      ORDER BY ${ORDERS[sort][order]} LIMIT $5::int
      OFFSET greatest(0, least($6::int, (matching + $5::int - 1) / $5::int) - 1)::bigint * $5::int
    ) AS page) AS students
  FROM found`;

/** Creates what asks a database for a page; the counts of the whole list are kept by version. */
export function createQuery(database: Database): (query: StudentQuery) => Promise<Page> {
  let kept: Pick<Page, 'version' | 'ages'> | undefined;

  return async (query) => {
    const wanted = fold(query.name).replaceAll('\0', '\n'); // neither is in a name
    const known = wanted === '' ? kept : undefined;
    const matchingNow = known && countOf(known.ages, query.age);
    const pattern = `%${wanted.replace(/[\\%_]/g, '\\$&')}%`;
    const values = [pattern, known?.version, matchingNow, query.age, query.size, query.page];
    const { rows } = await database.read((pool) => pool.query(sql(query), values));
    const { version, all, matching, students } = rows[0];
    const ages = version === known?.version ? known?.ages : (rows[0].ages ?? {});
    if (wanted === '') kept = { version, ages };
    const pages = Math.max(1, Math.ceil(matching / query.size));
    return { version, students, page: Math.min(query.page, pages), pages, matching, all, ages };
  };
}

function countOf(ages: Page['ages'], age: number | undefined): number {
  if (age !== undefined) return ages[age] ?? 0;
  return Object.values(ages).reduce((sum, n) => sum + n, 0);
}
