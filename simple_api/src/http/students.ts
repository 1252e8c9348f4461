import type { Request, RequestHandler } from 'express';
import createError, { type HttpError } from 'http-errors';
import { sendJson } from '../service/json';
import { type Change, type Outcome, studentTag } from '../students/change';
import { findAge } from '../students/find-age';
import { AGE_RULE, type Age, isAge, nameMistake } from '../students/list';
import type { StudentStore } from '../students/store';
import { CACHED_BY_CLIENT, conditions, matches } from './caching';
import { STUDENTS_PATH } from './documents';
import { listOf } from './student-ages';
import { readOnly } from './writable';

type Handler = RequestHandler<{ name: string }>;

/**
 * Creates the handler of one student: sends it, or tells the client that it has it already.
 *
 * @throws HttpError (the handler) 404 for a name that is not in the list, 503 while there is no list
 */
export function student(store: StudentStore): Handler {
  return (req, res) => {
    const { name } = req.params;
    const age = findAge(listOf(store).json, name);
    if (age === undefined) throw createError(404, 'Not found');
    const headers = { ETag: studentTag(age), ...CACHED_BY_CLIENT };
    if (matches(req.headers['if-none-match'], headers.ETag)) res.writeHead(304, headers).end();
    else sendJson(res, 200, { name, age }, headers);
  };
}

/**
 * Creates the handler that adds a student or changes the age.
 *
 * @throws HttpError (the handler) with the reason when nothing was changed
 */
export function putStudent(store: StudentStore): Handler {
  return async (req, res) => {
    const { name } = req.params;
    const { age, name: given = name } = Object.fromEntries(readFields(req, 'application/json'));
    const wrong = nameMistake(name) ?? (given === name ? undefined : 'it is not that of the path');
    const fields = { ...(wrong && { name: wrong }), ...(!isAge(age) && { age: AGE_RULE }) };
    if (wrong || !isAge(age)) throw wrongFields(fields);
    const ages = new Map([[name, age]]);
    const { added } = await change(store, { ages, ...conditions(req.headers) });
    const location = { Location: `${STUDENTS_PATH}/${encodeURIComponent(name)}` };
    sendJson(res, added ? 201 : 200, { name, age }, added ? location : {});
  };
}

/**
 * Creates the handler that removes a student.
 *
 * @throws HttpError (the handler) 404 for a name that is not in the list, or another with the reason
 */
export function removeStudent(store: StudentStore): Handler {
  return async (req, res) => {
    const ages = new Map([[req.params.name, null]]);
    const { removed } = await change(store, { ages, ...conditions(req.headers) });
    if (removed === 0) throw createError(404, 'Not found');
    res.writeHead(204).end();
  };
}

/** Of how many names a response says what is wrong with them. */
const MAX_WRONG = 100;

/**
 * Creates the handler of a merge patch (RFC 7396) of the list: adds, changes and removes many students,
 * or, when there is anything wrong, none.
 *
 * @throws HttpError (the handler) with the reason, or one for each name
 */
export function patchStudents(store: StudentStore): RequestHandler {
  return async (req, res) => {
    const { match, noneMatch } = conditions(req.headers);
    if (match ?? noneMatch) throw createError(400, 'A condition is for one student');
    const ages = new Map<string, Age | null>();
    const wrong = new Map<string, string>();
    for (const [name, age] of readFields(req, 'application/merge-patch+json')) {
      if (age === null || isAge(age)) ages.set(name, age);
      else wrong.set(name, AGE_RULE);
      const mistake = nameMistake(name);
      if (mistake) wrong.set(name, mistake);
      if (wrong.size === MAX_WRONG) break;
    }
    if (wrong.size > 0) throw wrongFields(Object.fromEntries(wrong));
    const nothing = { added: 0, changed: 0, removed: 0 };
    sendJson(res, 200, ages.size > 0 ? await change(store, { ages }) : nothing);
  };
}

/** @throws HttpError 415 for another media type, 400 for what is no JSON object */
function readFields(req: Request, mediaType: string): [name: string, value: unknown][] {
  if (!req.is(mediaType)) throw createError(415, `The body must be ${mediaType}`);
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(req.body));
    if (typeof value === 'object' && value && !Array.isArray(value)) return Object.entries(value);
  } catch {
    // What cannot be decoded or parsed is no object either.
  }
  throw createError(400, 'The body must be a JSON object, in UTF-8');
}

function wrongFields(fields: Readonly<Record<string, string>>): HttpError {
  return createError(400, 'Nothing was changed: not all fields are valid', { fields });
}

const STATUS = { condition: 412, full: 409, broken: 409, 'no space': 507 };

/** @throws HttpError with the reason when nothing was changed */
async function change(store: StudentStore, wanted: Change) {
  const outcome: Outcome = await store.change(wanted);
  if (!('refused' in outcome)) return outcome;
  const { refused, reason } = outcome;
  if (refused === 'read-only') throw readOnly(reason);
  throw createError(STATUS[refused], reason, { expose: true });
}
