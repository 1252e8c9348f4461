import type { IncomingMessage } from 'node:http';
import createError from 'http-errors';
import { clientAddress } from '#service/client';
import { requestId } from '#service/request-id';
import { apiQuery, DEFAULT_QUERY, type PageQuery } from '../students/address';
import type { Age } from '../students/student';
import { ApiError, unexpectedStatus } from './error';
import { createRead } from './read';
import { type ApiResponse, MAX_CONNECTIONS, protocolOf, type Send } from './request';
import { listPage, oneStudent, outcome, parse, preview } from './responses';

/** For a whole response to a change, in ms: the API writes the list to the disk before it responds. */
const CHANGE_MS = 10_000;

const TYPES = { PUT: 'application/json', PATCH: 'application/merge-patch+json', DELETE: undefined };

const SIGN_IN = 'Please enter the name and the password of an account that may change it.';
const READER = `These credentials may only read the list. ${SIGN_IN}`;

type Condition = Readonly<Record<string, string>>;

export type Visitor = ReturnType<ReturnType<typeof createVisitors>>;

/** Creates what a visitor can do with credentials of their own, on connections of their own. */
export function createVisitors(api: string, send: Send) {
  const read = createRead(api, send);
  const { Agent } = protocolOf(api);
  // No connection is kept: the API may close it in the very moment in which a change is sent.
  const agent = new Agent({ maxSockets: MAX_CONNECTIONS });

  /** All throws HttpError 401 for credentials that the API does not accept for what is asked. */
  return (req: IncomingMessage) => {
    const { headers, socket } = req;
    const { authorization: Authorization, 'x-forwarded-for': before } = headers;
    if (!Authorization) throw signIn();
    // For the API's log: it sees the website's address alone.
    const forwarded = [before, clientAddress(socket)].filter(Boolean).join(', ');
    const own = {
      Authorization,
      'X-Forwarded-For': forwarded,
      'X-Request-Id': requestId(req),
    };

    async function get(path: string, signal: AbortSignal): Promise<ApiResponse> {
      const request = { method: 'GET', path, headers: own } as const;
      return signedIn(await read(request, (status) => status < 500, signal));
    }

    async function sendOnce(
      method: keyof typeof TYPES,
      path: string,
      condition: Condition,
      body?: string,
    ): Promise<ApiResponse> {
      const headers = { ...condition, ...own, 'Content-Type': TYPES[method] };
      const limit = AbortSignal.timeout(CHANGE_MS);
      const response = await send({ method, path, headers, body }, agent, limit);
      if (!/^(2..|4..|503|507)$/.test(`${response.status}`)) throw unexpectedStatus(response);
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
       * Gets a page, or the shortest one, of a list that the visitor may change; throws HttpError 409
       * when nobody can.
       */
      async list(signal: AbortSignal, query: PageQuery = { ...DEFAULT_QUERY, size: 1 }) {
        const response = await get(apiQuery(query), signal);
        if (response.status !== 200) throw unexpectedStatus(response);
        const page = parse(listPage, response);
        if (page.read_only !== null) throw createError(409, page.read_only);
        if (!response.allow.includes('PATCH')) throw signIn(READER);
        return page;
      },
      /** @returns undefined when nobody of that name is on the list */
      async student(name: string, signal: AbortSignal) {
        const response = await get(pathOf(name), signal);
        return response.status === 200 ? parse(oneStudent, response) : undefined;
      },
      put: (name: string, age: Age | null, condition: Condition) =>
        change('PUT', pathOf(name), condition, JSON.stringify({ age })),
      remove: (name: string, condition: Condition) => change('DELETE', pathOf(name), condition),
      patch: (patch: string, condition: Condition) => change('PATCH', '', condition, patch),
      preview: async (patch: string) =>
        parse(preview, await sendOnce('PATCH', '?preview=true', {}, patch)),
    };
  };
}

const pathOf = (name: string) => `/${encodeURIComponent(name)}`;

function signedIn(response: ApiResponse): ApiResponse {
  // Also instead of 429, with which a browser would take the password for the right one.
  if ([401, 429].includes(response.status)) throw signIn();
  if (response.status === 403) throw signIn(READER);
  return response;
}

/** What makes a browser ask for credentials, and forget those that it has sent. */
export function signIn(advice = SIGN_IN) {
  const challenge = { 'WWW-Authenticate': 'Basic realm="Student list", charset="UTF-8"' };
  return createError(401, advice, { headers: challenge });
}
