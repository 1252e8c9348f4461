import { fold } from '../students/fold';
import type { Page, StudentQuery } from '../students/query';
import type { Database } from './database';

const PEOPLE = ['left(folded, 100)', 'name'];
const turn = (term: string) => (term.endsWith(' DESC') ? term.slice(0, -5) : `${term} DESC`);

/** By name, and by age, within which students are by name whatever the order. */
const ORDERS = {
  name: { asc: PEOPLE, desc: PEOPLE.map(turn) },
  age: { asc: ['years', ...PEOPLE], desc: ['years DESC', ...PEOPLE] },
};

/** They have an index, from three letters on. Without the OFFSET, all might be gone through in their order. */
const FOUND = '(SELECT * FROM student WHERE folded LIKE $1 OFFSET 0) AS student';

/**
 * All of one state. What is known of the counts is not counted again.
 *
 * $1 is the pattern of the filter, $2 the version of which the counts are known, $3 how many match in it,
 * $4 the age, $5 the size of a page, $6 its number.
 *
 * @param isNearEnd so that it is quicker to count from there
 */
function sql({ sort, order }: StudentQuery, students: string, isNearEnd: boolean): string {
  const terms = ORDERS[sort][order];
  const [by, limit, offset] = isNearEnd
    ? [
        terms.map(turn),
        'least($5::int, matching - first)',
        'greatest(0, matching - first - $5::int)',
      ]
    : [terms, '$5::int', 'first'];
  return `
  WITH counted AS MATERIALIZED (
    SELECT years, count(*)::int AS n FROM student
    WHERE folded LIKE $1 AND (SELECT version FROM list) IS DISTINCT FROM $2::uuid GROUP BY years
  ), found AS (
    SELECT version, students, CASE WHEN version = $2::uuid THEN $3::int ELSE
      (SELECT coalesce(sum(n), 0)::int FROM counted WHERE years = $4 OR $4::int IS NULL) END AS matching
    FROM list
  ), place AS (
    SELECT *, greatest(0, least($6::int, (matching + $5::int - 1) / $5::int) - 1)::bigint * $5::int AS first
    FROM found
  )
  SELECT version, students AS "all", matching,
    (SELECT json_object_agg(years, n) FROM counted) AS ages,
    (SELECT coalesce(json_agg(json_build_object('name', name, 'age', age::json) ORDER BY ${terms}), '[]')
      FROM (
        SELECT * FROM ${students} WHERE folded LIKE $1 AND (years = $4 OR $4::int IS NULL)
        ORDER BY ${by} LIMIT ${limit} OFFSET ${offset}
      ) AS page) AS students
  FROM place`;
}

/** Creates what asks a database for a page; the counts of the whole list are kept by version. */
export function createQuery(database: Database): (query: StudentQuery) => Promise<Page> {
  let kept: Pick<Page, 'version' | 'ages'> | undefined;

  return async (query) => {
    const wanted = fold(query.name).replaceAll('\0', '\n'); // neither is in a name
    const known = wanted === '' ? kept : undefined;
    const matchingNow = known && countOf(known.ages, query.age);
    const pattern = `%${wanted.replace(/[\\%_]/g, '\\$&')}%`;
    const values = [pattern, known?.version, matchingNow, query.age, query.size, query.page];
    const isNearEnd = matchingNow !== undefined && query.page * query.size > matchingNow / 2;
    const text = sql(query, wanted.length < 3 ? 'student' : FOUND, isNearEnd);
    const { rows } = await database.read((pool) => pool.query(text, values));
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
