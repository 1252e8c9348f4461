import createError from 'http-errors';
import { shareNext } from '#service/share-next';
import { apiQuery, DEFAULT_QUERY, type PageQuery } from '../students/address';
import { createRead } from './read';
import { createSend } from './request';
import { listPage, parse, tagged } from './responses';
import { createVisitors } from './visitor';

/** For whom a page is asked for: until when, by which request, and with which version of the list. */
interface Asking {
  readonly signal?: AbortSignal;
  readonly id?: string;
  readonly version?: string | undefined;
}

/** What can be had of the API. All throw ApiError when it does not give it. */
export type ApiClient = ReturnType<typeof createApiClient>;

/** @param url without a slash at the end */
export function createApiClient(url: string, username: string, password: string) {
  const send = createSend(url);
  const read = createRead(url, send);
  const Authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  let known: string | undefined;

  /** @throws HttpError 412 when the list has no longer the version that is given */
  async function page(query: PageQuery, { signal, id, version }: Asking = {}) {
    const headers = { Authorization, 'If-Match': version, 'X-Request-Id': id };
    const isProper = (status: number) => status === 200 || (status === 412 && !!version);
    const request = { method: 'GET', path: apiQuery(query), headers } as const;
    const response = await read(request, isProper, signal);
    if (response.status === 412) throw createError(412, 'The list has changed meanwhile');
    return parse(listPage, response);
  }

  return {
    /** Tells which version the list has: at the call, or later. */
    version: shareNext(async () => {
      // Node.js keeps a connection after 304, and not after a HEAD that does not say how long the page is.
      const headers = { Authorization, 'If-None-Match': known };
      const isProper = (status: number) => status === 200 || status === 304;
      known = parse(tagged, await read({ method: 'HEAD', headers }, isProper)).etag;
      return known;
    }),
    page,
    /** Tells why nobody can change the list; null when somebody can. */
    readOnly: shareNext(async () => (await page({ ...DEFAULT_QUERY, size: 1 })).read_only),
    as: createVisitors(url, send),
  };
}
