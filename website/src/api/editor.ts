import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import createError from 'http-errors';
import * as z from 'zod';
import { ApiError } from './error';

/** For a whole response, in ms. */
const QUESTION_MS = 2_000;

/** The same for a change: the API writes the list to the disk before it responds. */
const CHANGE_MS = 10_000;

/** Requests under way at once: those who guess passwords must not use up the API's connections. */
const MAX_CONNECTIONS = 20;

/** The longest response, in characters. */
const MAX_LENGTH = 64 * 1024;

/** What a visitor wants of one student, or, with PATCH, of those that a merge patch names. */
export interface Wish {
  readonly method: 'GET' | 'PUT' | 'DELETE' | 'PATCH';
  readonly name?: string;
  readonly age?: string;
  readonly patch?: string;
  /** `If-Match` or `If-None-Match`. */
  readonly onlyIf?: Readonly<Record<string, string>>;
}

/** Changes nothing: it only asks whether the visitor could. */
export const MAY_I: Wish = { method: 'PATCH', patch: '{}' };

const answer = z.object({
  status: z.number(),
  etag: z.string().default(''),
  error: z.string().default('The API does not say why.'),
  fields: z.record(z.string(), z.string()).default({}),
  age: z.union([z.string(), z.number()]).default(''),
});

/** What the API answers: with a status below 300 it did what was asked for; else it says why not. */
export type Answer = z.infer<typeof answer>;

/**
 * Sends the API what a visitor wants, with the visitor's own `Authorization` header, once.
 *
 * @throws HttpError 401 when the API does not accept that, 504 when it is not known what became of a change;
 *   ApiError when there is no proper response to anything else
 */
export type Edit = (authorization: string | undefined, wish: Wish) => Promise<Answer>;

/** @param api the address of the API, without a slash at the end */
export function createEditor(api: string): Edit {
  const { request, Agent } = api.startsWith('https:') ? https : http;
  const list = new URL(`${api}/supmit/api/v1.0/students`);
  // No connection is kept: the API may close it in the very moment in which a change is sent.
  const agent = new Agent({ maxSockets: MAX_CONNECTIONS });

  async function send(options: http.RequestOptions, body: string): Promise<Answer> {
    const req = request(list, { agent, ...options }).end(body);
    const [res] = await once(req, 'response');
    req.on('error', () => {}); // from now on, it is the response that fails
    let text = '';
    for await (const part of res.setEncoding('utf8')) {
      text += part;
      if (text.length > MAX_LENGTH) throw new Error('the response is too long');
    }
    const { statusCode: status, headers } = res;
    if (!/^(2..|4..|507)$/.test(status)) throw new Error(`the API responded with ${status}`);
    return answer.parse({ ...JSON.parse(text || '{}'), status, etag: headers.etag });
  }

  return async (authorization, wish) => {
    const { method, name = '', age, patch = '', onlyIf } = wish;
    const isPatch = method === 'PATCH';
    const isQuestion = method === 'GET' || wish === MAY_I;
    const signal = AbortSignal.timeout(isQuestion ? QUESTION_MS : CHANGE_MS);
    const type = isPatch ? 'application/merge-patch+json' : 'application/json';
    const headers = { ...onlyIf, Authorization: authorization, 'Content-Type': type };
    // Not within a URL, in which a name like `..` would lead elsewhere.
    const path = isPatch ? list.pathname : `${list.pathname}/${encodeURIComponent(name)}`;
    const body = age === undefined ? patch : JSON.stringify({ age });
    const sent = authorization ? send({ method, path, headers, signal }, body) : undefined;
    const received = await sent?.catch((error) => {
      // What is not JSON would be quoted.
      const cause = error instanceof SyntaxError ? `${method}: no JSON` : `${method}: ${error}`;
      if (isQuestion) throw new ApiError(signal.aborted ? 'timeout' : 'unreachable', cause);
      throw createError(504, cause);
    });
    if (received && received.status !== 401 && received.status !== 429) return received;
    // Also instead of 429, with which a browser would take the password for the right one.
    const challenge = { 'WWW-Authenticate': 'Basic realm="Student list", charset="UTF-8"' };
    throw createError(401, 'Unauthorized access', { headers: challenge });
  };
}
