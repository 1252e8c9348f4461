import createError from 'http-errors';
import { apiQuery, type PageQuery } from '../students/address';
import { createRead } from './read';
import { createReplicas, type LookUp } from './replicas';
import { createSend } from './request';
import { type ListPage, listPage, parse, tagged } from './responses';
import { shareNext } from './share-next';
import { createVisitors } from './visitor';

/** What can be had of the API. All throw ApiError when it does not give it. */
export type ApiClient = ReturnType<typeof createApiClient>;

/**
 * Creates a client of the API. It opens nothing before it is asked, then keeps its connections.
 *
 * @param api.url without a slash at the end
 */
export function createApiClient(api: {
  url: string;
  username: string;
  password: string;
  lookUp?: LookUp;
}) {
  const send = createSend(api.url);
  const createReader = () => createRead(send, createReplicas(api.url, api.lookUp));
  const read = createReader();
  const own = Buffer.from(`${api.username}:${api.password}`).toString('base64');
  const Authorization = `Basic ${own}`;
  let known: string | undefined;

  return {
    /** Tells which version the list has: at the call, or later. */
    version: shareNext(async () => {
      // Node.js keeps a connection after 304, and not after a HEAD that does not say how long the page is.
      const headers = { Authorization, 'If-None-Match': known };
      const isProper = (status: number) => status === 200 || status === 304;
      known = parse(tagged, await read({ method: 'HEAD', headers }, isProper)).etag;
      return known;
    }),
    /**
     * @param version that the list must still have
     * @throws HttpError 412 when it has another one
     */
    async page(query: PageQuery, signal: AbortSignal, version?: string): Promise<ListPage> {
      const headers = { Authorization, 'If-Match': version };
      const proper = version === undefined ? [200] : [200, 412];
      const request = { method: 'GET', path: apiQuery(query), headers } as const;
      const response = await read(request, (status) => proper.includes(status), signal);
      if (response.status === 412) throw createError(412, 'The list has changed meanwhile');
      return parse(listPage, response);
    },
    /** With a visitor's own credentials, on connections of their own: see MAX_CONNECTIONS. */
    as: createVisitors(api.url, send, createReader()),
  };
}
