import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { count } from '#service/metrics';
import { ApiError } from './error';

/** The longest response. A preview of the largest patch has some MiB; a page has at most 1,000 students. */
export const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

/** The most connections of a kind: those who guess passwords must not use up the API's. */
export const MAX_CONNECTIONS = 20;

export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'PATCH';
  readonly path?: string; // behind `…/students`: `?page=1`, `/Ann`
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
}

export type Send = ReturnType<typeof createSend>;

export type ApiResponse = Awaited<ReturnType<Send>>;

export const protocolOf = (url: string) => (url.startsWith('https:') ? https : http);

/** Creates what sends a request once; it throws ApiError when no proper response comes in time. */
export function createSend(api: string) {
  const { request: open } = protocolOf(api);
  const list = new URL(`${api}/supmit/api/v1.0/students`);

  return async (
    { method, path = '', headers, body }: ApiRequest,
    agent: http.Agent,
    signal: AbortSignal,
  ) => {
    const id = headers['X-Request-Id'] ?? randomUUID(); // which the API's log has
    // Loaded with the first request: it takes as long as all the rest of the start.
    const { default: axios } = await import('axios');
    // Not within a URL, in which a name like `..` would lead elsewhere.
    const transport = {
      request: (options: http.RequestOptions, respond: (res: http.IncomingMessage) => void) =>
        open({ ...options, path: list.pathname + path }, respond),
    };
    try {
      const response = await axios.request<unknown>({
        url: list.href,
        method,
        data: body,
        transformRequest: [],
        // Compressing costs more than it saves between two containers of one host.
        headers: {
          Accept: 'application/json',
          'Accept-Encoding': 'identity',
          ...headers,
          'X-Request-Id': id,
        },
        httpAgent: agent,
        httpsAgent: agent,
        transport,
        signal,
        maxContentLength: MAX_RESPONSE_BYTES,
        // Neither a proxy from the environment nor another host may see the credentials.
        maxRedirects: 0,
        proxy: false,
        validateStatus: () => true,
      });
      const { etag, allow } = response.headers;
      count('api_responses_total', { status: response.status });
      return {
        status: response.status,
        etag: typeof etag === 'string' ? etag : undefined,
        allow: String(allow ?? ''), // the methods that whoever asks may use
        id,
        body: response.data,
      };
    } catch (error) {
      count('api_responses_total', { status: 'none' });
      if (signal.aborted) {
        throw new ApiError('timeout', `no complete response in time (request ${id})`);
      }
      throw explain(error, id);
    }
  };
}

/** Of an error of axios only code and message are taken; the rest of it holds the credentials. */
function explain(error: unknown, id: string): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const cause = `${error.code}: ${error.message} (request ${id})`;
  return /^(ERR_BAD_RESPONSE|HPE_)/.test(cause)
    ? new ApiError('nonsense', `the response is broken: ${cause}`)
    : new ApiError('unreachable', cause);
}
