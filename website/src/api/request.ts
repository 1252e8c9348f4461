import * as http from 'node:http';
import * as https from 'node:https';
import { ApiError } from './error';

/** The longest response. A preview of the largest patch has some MiB; a page has at most 1,000 students. */
export const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'PATCH';
  /** What follows `…/students`: `?page=1`, `/Ann`. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
}

export interface ApiResponse {
  readonly status: number;
  readonly etag: string | undefined;
  /** The methods that whoever asks may use. */
  readonly allow: string;
  readonly body: unknown;
}

/**
 * Sends one request for the list, or one of its students, once, whatever the status of its response.
 *
 * @throws ApiError when there is no proper response before the signal is aborted
 */
export type Send = (
  request: ApiRequest,
  agent: http.Agent,
  signal: AbortSignal,
) => Promise<ApiResponse>;

/** @param api its address, without a slash at the end */
export function createSend(api: string): Send {
  const { request: open } = api.startsWith('https:') ? https : http;
  const list = new URL(`${api}/supmit/api/v1.0/students`);

  return async ({ method, path = '', headers, body }, agent, signal) => {
    // Loaded with the first request: it takes as long as all the rest of the start.
    const { default: axios } = await import('axios');
    // Not within a URL, in which a name like `..` would lead elsewhere.
    const transport = {
      request: (options: http.RequestOptions, respond: (res: http.IncomingMessage) => void) =>
        open({ ...options, path: list.pathname + path }, respond),
    };
    try {
      const response = await axios.request<unknown>({
        adapter: 'http',
        url: list.href,
        method,
        data: body,
        transformRequest: [],
        // Compressing costs more than it saves between two containers of one host.
        headers: { Accept: 'application/json', 'Accept-Encoding': 'identity', ...headers },
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
      return {
        status: response.status,
        etag: typeof etag === 'string' ? etag : undefined,
        allow: String(allow ?? ''),
        body: response.data,
      };
    } catch (error) {
      throw signal.aborted
        ? new ApiError('timeout', 'no complete response in time')
        : explain(error);
    }
  };
}

/** Of an error of axios only code and message are taken; the rest of it holds the credentials. */
function explain(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const cause = `${error.code}: ${error.message}`;
  return /^(ERR_BAD_RESPONSE|HPE_)/.test(cause)
    ? new ApiError('nonsense', `the response is broken: ${cause}`)
    : new ApiError('unreachable', cause);
}
