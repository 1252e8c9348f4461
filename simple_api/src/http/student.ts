import type { Request, RequestHandler } from 'express';
import createError from 'http-errors';
import { matches } from '../service/entity-tag';
import { sendJson } from '../service/json';
import { JsonError, readMembers } from '../students/json';
import type { StudentStore } from '../students/store';
import { AGE_RULE, type Age, isAge, nameMistake } from '../students/student';
import { takeText } from './body';
import { CACHED_BY_CLIENT, ofStudent, studentTag } from './caching';
import { type Access, allowed } from './changes';
import { STUDENTS_PATH } from './documents';
import { parameters, readParameters } from './parameters';

type Handler = RequestHandler<{ name: string }>;

/** `?preview=true` is not for one student. */
const NONE = parameters({});

/** RFC 9110, 14.5. */
const NOT_IN_PARTS = 'Nothing was changed: a student cannot be sent in parts (Content-Range)';

/** @throws HttpError (the handler) 404 */
export function student(store: StudentStore, { accountOf, whyReadOnly }: Access): Handler {
  return async (req, res) => {
    const { name } = req.params;
    const age = await findAge(store, name);
    const ETag = studentTag(age);
    const account = accountOf(req.headers.authorization);
    const Allow = allowed('PUT, DELETE', await whyReadOnly(), account);
    const headers = { ETag, Allow, ...CACHED_BY_CLIENT };
    if (matches(req.headers['if-none-match'], ETag)) res.writeHead(304, headers).end();
    else sendJson(res, 200, { name, age }, headers);
  };
}

/** @throws HttpError 404 for a name that is not on the list */
export async function findAge(store: StudentStore, name: string): Promise<Age> {
  const age = (await store.find([name])).get(name);
  if (age === undefined) throw createError(404, 'Not found');
  return age;
}

/** Adds a student or changes the age. @throws HttpError (the handler) when nothing was changed */
export function putStudent({ change }: Access): Handler {
  return async (req, res) => {
    const { name } = req.params;
    readParameters(req, NONE);
    if (req.headers['content-range'] !== undefined) throw createError(400, NOT_IN_PARTS);
    const members = readBody(req);
    const [age, given = name] = [members.get('age'), members.get('name')];
    const wrong = nameMistake(name) ?? (given === name ? undefined : 'it is not that of the path');
    if (wrong || !isAge(age)) {
      const fields = { ...(wrong && { name: wrong }), ...(!isAge(age) && { age: AGE_RULE }) };
      throw createError(400, 'Nothing was changed: not all fields are valid', { fields });
    }
    const ages = new Map([[name, age]]);
    const { added } = await change(req, { ages, unless: ofStudent(req.headers, name) });
    // Whoever resolves an address takes these two out of it, however they are encoded.
    const hasAddress = name !== '.' && name !== '..';
    const location = { Location: `${STUDENTS_PATH}/${encodeURIComponent(name)}` };
    sendJson(res, added ? 201 : 200, { name, age }, added && hasAddress ? location : {});
  };
}

/** @throws HttpError 400 for what is no flat JSON object */
function readBody(req: Request): ReadonlyMap<string, unknown> {
  const text = takeText(req, 'application/json');
  try {
    return new Map(Array.from(readMembers(text), ({ name, value }) => [name, value]));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw createError(400, 'The body must be a JSON object such as {"age": "21"}');
  }
}

/** @throws HttpError (the handler) 404, or another with the reason why nothing was changed */
export function removeStudent({ change }: Access): Handler {
  return async (req, res) => {
    const { name } = req.params;
    readParameters(req, NONE);
    const ages = new Map([[name, null]]);
    const condition = ofStudent(req.headers, name);
    // There is no condition to meet where there is nobody to remove (RFC 9110, 13.2.1).
    const unless: typeof condition = (now) =>
      now.ageOf(name) === undefined ? undefined : condition?.(now);
    const { removed } = await change(req, { ages, unless: condition && unless });
    if (removed === 0) throw createError(404, 'Not found');
    res.writeHead(204).end();
  };
}
