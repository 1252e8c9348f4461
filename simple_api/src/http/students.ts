import type { RequestHandler } from 'express';
import createError from 'http-errors';
import * as z from 'zod';
import { isAmong, matches } from '../service/entity-tag';
import { atMost } from '../service/express';
import { sendJson } from '../service/json';
import { MAX_FILTER_LENGTH, type StudentQuery } from '../students/query';
import type { StudentStore } from '../students/store';
import { isLongerThan } from '../students/student';
import { CACHED_BY_CLIENT, listTag } from './caching';
import { type Access, allowed } from './changes';
import { STUDENTS_PATH } from './documents';
import { parameters, readParameters } from './parameters';

const DEFAULT_SIZE = 100;

const FILTER_RULE = `must have at most ${MAX_FILTER_LENGTH} characters`;
const isFilter = (it: string) => !isLongerThan(it, MAX_FILTER_LENGTH);

function count(least: number, most: number) {
  const isCount = (it: string) => /^(0|[1-9]\d{0,8})$/.test(it) && +it >= least && +it <= most;
  return z.string().refine(isCount, `must be a number from ${least} to ${most}`).transform(Number);
}

const PARAMETERS = parameters({
  name: z.string().refine(isFilter, FILTER_RULE).default(''),
  age: count(0, 150).optional(),
  sort: z.enum(['name', 'age'], 'must be name or age').default('name'),
  order: z.enum(['asc', 'desc'], 'must be asc or desc').default('asc'),
  page: count(1, 999_999_999).default(1),
  size: count(1, 1_000).default(DEFAULT_SIZE),
});

/** Lets so many pages be in memory that are longer than most: each may have 800 kB. */
export function limitLargePages(): RequestHandler {
  const limit = atMost(100);
  return (req, res, next) =>
    Number(req.query['size']) > DEFAULT_SIZE ? limit(req, res, next) : next();
}

/** One page. @throws HttpError (the handler) 400, or 412 where `If-Match` names another state of the list */
export function studentsPage(store: StudentStore, access: Access): RequestHandler {
  return async (req, res) => {
    const query = readParameters(req, PARAMETERS);
    const readOnly = await access.whyReadOnly();
    const { 'if-match': match, 'if-none-match': noneMatch, authorization } = req.headers;

    function headersOf(version: string) {
      const ETag = listTag(version, readOnly);
      if (match !== undefined && !isAmong(match, ETag)) {
        throw createError(412, 'The list has changed meanwhile');
      }
      const Allow = allowed('PATCH', readOnly, access.accountOf(authorization));
      return { ETag, Allow, ...CACHED_BY_CLIENT };
    }

    if (req.method === 'HEAD' || noneMatch !== undefined) {
      const headers = headersOf(await store.version());
      if (matches(noneMatch, headers.ETag)) return void res.writeHead(304, headers).end();
      if (req.method === 'HEAD') {
        return void res.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end();
      }
    }
    const { version, students, page, pages, matching, all, ages } = await store.query(query);
    const counts = { page, pages, size: query.size, matching, all, ages };
    const body = { students, ...counts, read_only: readOnly ?? null };
    sendJson(res, 200, body, { ...headersOf(version), Link: links(query, page, pages) });
  };
}

/** The pages around one (RFC 8288), with all that is asked for besides. */
function links(query: StudentQuery, page: number, pages: number): string {
  const given = new URLSearchParams(Object.entries(query).map(([key, it]) => [key, `${it}`]));
  const link = (rel: string, number: number) => {
    given.set('page', `${number}`);
    return `<${STUDENTS_PATH}?${given}>; rel="${rel}"`;
  };
  return [
    link('first', 1),
    ...(page > 1 ? [link('prev', page - 1)] : []),
    ...(page < pages ? [link('next', page + 1)] : []),
    link('last', pages),
  ].join(', ');
}
