import type { Request } from 'express';
import createError from 'http-errors';
import * as z from 'zod';

/** Describes the parameters of an address: there are no others. */
export const parameters = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, 'there is no such parameter');

/** @throws HttpError 400 with `fields` for what makes no sense */
export function readParameters<T>({ query }: Pick<Request, 'query'>, schema: z.ZodType<T>): T {
  const { data, error } = schema.safeParse(query);
  if (data !== undefined) return data;
  const fields = new Map<string, string>();
  for (const issue of error?.issues ?? []) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])];
    for (const name of names) {
      fields.set(name, Array.isArray(query[name]) ? 'is there more than once' : issue.message);
    }
  }
  throw createError(400, 'Not all parameters are valid', { fields: Object.fromEntries(fields) });
}
