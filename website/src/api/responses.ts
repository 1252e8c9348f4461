import * as z from 'zod';
import { type Age, isAge } from '../students/student';
import { ApiError } from './error';
import type { ApiResponse } from './request';

const count = z.number().int().nonnegative();
const age = z.custom<Age>(isAge);

export const tagged = z.object({ etag: z.string().min(1) });

export const listPage = tagged.extend({
  students: z.array(z.object({ name: z.string(), age })),
  page: count,
  pages: count,
  matching: count,
  all: count,
  ages: z.record(z.string().regex(/^\d{1,3}$/), count), // of those who match, by age in years
  read_only: z.string().nullable(), // why nobody can change the list
});

export type ListPage = z.infer<typeof listPage>;

export const oneStudent = tagged.extend({ age });

export const outcome = z.object({
  status: z.number(),
  error: z.string().default('The API does not say why.'),
  fields: z.record(z.string(), z.string()).default({}),
});

/** What came of a change: with a status below 300 it was made; else it says why not. */
export type Outcome = z.infer<typeof outcome>;

const previewed = z.object({
  name: z.string(),
  age: age.nullable(),
  was: age.nullable(),
  like: z.string().optional(),
});

export const preview = outcome.extend({
  students: z.array(previewed).default([]),
  etag: z.string().default(''), // the version of the list
});

export type Previewed = z.infer<typeof previewed>;

/** @throws ApiError when the response is another one; it never quotes it */
export function parse<T>(schema: z.ZodType<T>, { body, status, etag }: ApiResponse): T {
  const sent = body || {}; // there may be none
  const { data } = schema.safeParse(typeof sent === 'object' && { ...sent, status, etag });
  if (data === undefined) throw new ApiError('nonsense', 'the response is not what it must be');
  return data;
}
