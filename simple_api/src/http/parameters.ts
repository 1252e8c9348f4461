import createError from 'http-errors';
import type * as z from 'zod';

/**
 * Reads the parameters of an address.
 *
 * @throws HttpError 400 with `fields` for what makes no sense: a wrong value, one given twice, another name
 */
export function readParameters<Parameters>(url: string, schema: z.ZodType<Parameters>): Parameters {
  const start = url.indexOf('?');
  const given = [...new URLSearchParams(start === -1 ? '' : url.slice(start))];
  const { data, error } = schema.safeParse(Object.fromEntries(given));
  const fields = new Map<string, string>();
  for (const issue of error?.issues ?? []) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])];
    for (const name of names) fields.set(name, issue.message);
  }
  const names = given.map(([name]) => name);
  for (const [at, name] of names.entries()) {
    if (names.indexOf(name) < at) fields.set(name, 'is there more than once');
  }
  if (data !== undefined && fields.size === 0) return data;
  throw createError(400, 'Not all parameters are valid', { fields: Object.fromEntries(fields) });
}
