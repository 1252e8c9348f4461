import * as http from 'node:http';
import * as https from 'node:https';
import createError from 'http-errors';
import { apiQuery, DEFAULT_QUERY, type PageQuery } from '../students/address';
import { ApiError, unexpectedStatus } from './error';
import type { Read } from './read';
import { MAX_CONNECTIONS } from './replicas';
import type { ApiResponse, Send } from './request';
import { listPage, oneStudent, outcome, parse, preview } from './responses';

/** For a whole response to a change, in ms: the API writes the list to the disk before it responds. */
const CHANGE_MS = 10_000;

const TYPES = { PUT: 'application/json', PATCH: 'application/merge-patch+json', DELETE: undefined };

const SIGN_IN = 'Reload this page, and enter the name and password of somebody who may change it.';
const READER = `These credentials may only read the list. ${SIGN_IN}`;

/** `If-Match` or `If-None-Match`. */
type Condition = Readonly<Record<string, string>>;

/** What a visitor can do with credentials of their own. */
export type Visitor = ReturnType<ReturnType<typeof createVisitors>>;

/** @param api its address */
export function createVisitors(api: string, send: Send, read: Read) {
  const { Agent } = api.startsWith('https:') ? https : http;
  // No connection is kept: the API may close it in the very moment in which a change is sent.
  const agent = new Agent({ maxSockets: MAX_CONNECTIONS });

  /**
   * All that it returns throws HttpError 401 when the API does not accept the credentials, or only for
   * reading where something is to be changed.
   */
  return (Authorization: string | undefined) => {
    if (!Authorization) throw signIn();

    async function get(path: string, signal: AbortSignal): Promise<ApiResponse> {
      const request = { method: 'GET', path, headers: { Authorization } } as const;
      return signedIn(await read(request, (status) => status < 500, signal));
    }

    async function sendOnce(
      method: keyof typeof TYPES,
      path: string,
      condition: Condition,
      body?: string,
    ): Promise<ApiResponse> {
      const headers = { ...condition, Authorization, 'Content-Type': TYPES[method] };
      const limit = AbortSignal.timeout(CHANGE_MS);
      const response = await send({ method, path, headers, body }, agent, limit);
      if (!/^(2..|4..|507)$/.test(`${response.status}`)) throw unexpectedStatus(response.status);
      return signedIn(response);
    }

    /** @throws HttpError 504 when it is not known what became of it */
    async function change(...request: Parameters<typeof sendOnce>) {
      try {
        return parse(outcome, await sendOnce(...request));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        throw createError(504, `${request[0]}: ${error.message}`);
      }
    }

    return {
      /**
       * Gets a page, or the shortest one, of a list that the visitor may change.
       *
       * @throws HttpError 409 when nobody can change it
       */
      async list(signal: AbortSignal, query: PageQuery = { ...DEFAULT_QUERY, size: 1 }) {
        const response = await get(apiQuery(query), signal);
        if (response.status !== 200) throw unexpectedStatus(response.status);
        const page = parse(listPage, response);
        if (page.read_only !== null) throw createError(409, page.read_only);
        if (!response.allow.includes('PATCH')) throw signIn(READER);
        return page;
      },
      /** @returns undefined when nobody of that name is on the list */
      async student(name: string, signal: AbortSignal) {
        const response = await get(pathOfStudent(name), signal);
        return response.status === 200 ? parse(oneStudent, response) : undefined;
      },
      put: (name: string, age: string, condition: Condition) =>
        change('PUT', pathOfStudent(name), condition, JSON.stringify({ age })),
      remove: (name: string, condition: Condition) =>
        change('DELETE', pathOfStudent(name), condition),
      /** @param patch a merge patch (RFC 7396) */
      patch: (patch: string, condition: Condition) => change('PATCH', '', condition, patch),
      /** Asks what a patch would do. */
      preview: async (patch: string) =>
        parse(preview, await sendOnce('PATCH', '?preview=true', {}, patch)),
    };
  };
}

const pathOfStudent = (name: string) => `/${encodeURIComponent(name)}`;

function signedIn(response: ApiResponse): ApiResponse {
  // Also instead of 429, with which a browser would take the password for the right one.
  if ([401, 429].includes(response.status)) throw signIn();
  if (response.status === 403) throw signIn(READER);
  return response;
}

function signIn(advice = SIGN_IN) {
  const challenge = { 'WWW-Authenticate': 'Basic realm="Student list", charset="UTF-8"' };
  return createError(401, advice, { headers: challenge });
}
