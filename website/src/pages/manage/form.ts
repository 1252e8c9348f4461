import type { Request } from 'express';
import createError from 'http-errors';
import { type Age, isAge } from '../../students/student';

export type Form = ReturnType<typeof formOf>;

/** Takes the fields out of a request, which holds them no longer. */
export function takeFields(req: Request): URLSearchParams {
  const fields = new URLSearchParams(String(req.body ?? ''));
  req.body = undefined;
  return fields;
}

/** What was typed or pressed. The address only says who is meant, because anybody can write one. */
export function formOf(req: Request) {
  const typed = takeFields(req);
  const field = (name: string) => typed.get(name) ?? '';
  return {
    who: new URL(req.url, 'http://localhost').searchParams.get('name') ?? '',
    name: field('name'),
    names: typed.getAll('name'), // of those who are ticked
    age: field('age').trim(),
    ages: typed.getAll('age'),
    was: typed.getAll('was').map(readAge), // of whom the form was made for
  };
}

/** The condition that what a form was made for is still so. @throws HttpError 400 for a tag that is none */
export function ifMatch(etag: string) {
  if (!/^"[!#-~]{0,100}"$/.test(etag)) throw createError(400, 'The form has no entity tag');
  return { 'If-Match': etag };
}

/** Reads an age, or null, out of JSON, as hidden fields have it. @throws HttpError 400 */
export function readAge(json: string): Age | null {
  if (json === 'null') return null;
  const age: unknown = /^("\d+"|0|[1-9]\d*)$/.test(json) && JSON.parse(json);
  if (!isAge(age)) throw createError(400, 'The form has no age');
  return age;
}
