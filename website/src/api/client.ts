import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { callbackify } from 'node:util';
import type { AxiosRequestConfig } from 'axios';
import type { Students } from '../students/students';
import { createEditor, type Edit } from './editor';
import { ApiError } from './error';
import type { ReadStudents } from './thread';

/** For the whole response, in all tries, in ms. */
const API_TIMEOUT_MS = 2_000;

/**
 * How long a try may be silent, in ms, before another replica is asked: it may be gone without a word.
 * The last one has what is left of the two seconds.
 */
const TRY_MS = 500;

/** The most bytes of a response: the API's longest list has 64 MiB, and its indentation on top. */
export const MAX_RESPONSE_BYTES = 96 * 1024 * 1024;

type LookUp = (host: string) => Promise<LookupAddress[]>;

const lookUpAll: LookUp = (host) => lookup(host, { all: true });

export interface ApiClient {
  /**
   * Asks for the list. Callers that ask while a request is under way share its response; after it, the
   * API is asked again.
   *
   * @param authorization a visitor's own, which the API has accepted, instead of the website's; the
   *   request begins after this call, so that it shows what the visitor has just changed
   * @returns the same as long as the API's response is the same
   * @throws ApiError when the API does not give it within 2 s; to prepare a long list then takes longer
   */
  getStudents(authorization?: string): Promise<Students>;
  readonly edit: Edit;
}

/**
 * Creates a client of the API. It opens nothing before it is asked, then keeps its connection. After
 * a failure of any kind it tries again, on a new connection to the next of the addresses that the
 * API's name stands for: in a cluster, one for each replica.
 *
 * @param api.url without a slash at the end
 */
export function createApiClient(api: {
  url: string;
  username: string;
  password: string;
  read: ReadStudents;
  lookUp?: LookUp;
}): ApiClient {
  const config: AxiosRequestConfig = {
    adapter: 'http',
    // Compressing costs more than it saves between two containers of one host.
    headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' },
    maxContentLength: MAX_RESPONSE_BYTES,
    // Neither a proxy from the environment nor another host may see the credentials.
    maxRedirects: 0,
    proxy: false,
    responseType: 'stream',
    validateStatus: () => true,
  };
  const own = Buffer.from(`${api.username}:${api.password}`).toString('base64');
  const connections = createConnections(api.url, api.lookUp ?? lookUpAll);
  /** The list that the API sent last, and its entity tag, if any, which all replicas form alike. */
  let last: { etag: string | undefined; students: Students } | undefined;
  let underWay: Promise<Students> | undefined;

  /** @param silence how long the API may be silent, in ms */
  async function ask(authorization: string, silence: number, signal: AbortSignal) {
    // Loaded with the first list: it takes as long as all the rest of the start.
    const { default: axios } = await import('axios');
    const agent = connections.agent();
    const silent = new AbortController();
    // The time limit of axios does not go on in a body that is a stream.
    const timer = setTimeout(() => silent.abort(), silence);
    if (last?.students.isLost()) last = undefined;
    try {
      const { status, data, headers } = await axios.get<Readable>(
        `${api.url}/supmit/api/v1.0/get_student_ages`,
        {
          ...config,
          httpAgent: agent,
          httpsAgent: agent,
          signal: AbortSignal.any([signal, silent.signal]),
          headers: { ...config.headers, Authorization: authorization, 'If-None-Match': last?.etag },
        },
      );
      if (status === 304 && last) {
        data.resume();
        return last.students;
      }
      if (status !== 200) throw refusal(status);
      // Both would be too much for the memory.
      await last?.students.close();
      const students = await api.read(complete(data, timer));
      const etag = headers['etag'];
      // Also without a tag: the next list closes it.
      last = { etag: typeof etag === 'string' ? etag : undefined, students };
      return students;
    } finally {
      clearTimeout(timer);
    }
  }

  async function getStudents(authorization = `Basic ${own}`): Promise<Students> {
    const signal = AbortSignal.timeout(API_TIMEOUT_MS);
    for (let tries = 0; ; tries++) {
      const isLast = tries >= connections.replicas();
      try {
        return await ask(authorization, isLast ? API_TIMEOUT_MS : TRY_MS, signal);
      } catch (error) {
        if (signal.aborted) throw new ApiError('timeout', `nothing within ${API_TIMEOUT_MS} ms`);
        if (isLast) throw explain(error);
        connections.useNextReplica();
      }
    }
  }

  return {
    edit: createEditor(api.url),
    async getStudents(authorization) {
      while (authorization && underWay) await underWay.catch(() => {});
      underWay ??= getStudents(authorization).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}

/** Keeps the connection to one of the API's replicas, and finds the next one. */
function createConnections(url: string, lookUp: LookUp) {
  const Agent = url.startsWith('https:') ? HttpsAgent : HttpAgent;
  let replicas = 1;
  // Not all websites begin with the same one.
  let turn = Math.floor(Math.random() * 60);

  /** Node.js steps over addresses that refuse, or are silent for 250 ms; where it starts is ours. */
  async function inTurn(host: string): Promise<LookupAddress[]> {
    // Sorted, because DNS shuffles them, and a replica might never get its turn.
    const found = (await lookUp(host)).sort((a, b) => (a.address < b.address ? -1 : 1));
    replicas = found.length;
    const first = turn++ % replicas;
    return [...found.slice(first), ...found.slice(0, first)];
  }

  const lookupInTurn = callbackify(inTurn);
  const create = () =>
    new Agent({ keepAlive: true, lookup: (host, _options, done) => lookupInTurn(host, done) });
  let agent = create();

  return {
    agent: () => agent,
    replicas: () => replicas,
    useNextReplica() {
      agent.destroy();
      agent = create();
    },
  };
}

/**
 * Passes a body on.
 *
 * @param silent is put off by each part of it
 * @throws ApiError when it is not complete
 */
async function* complete(body: Readable, silent: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of body) {
      silent.refresh();
      yield part;
    }
  } catch (error) {
    throw new ApiError('nonsense', `the response is broken: ${error}`);
  }
}

/**
 * Finds what an error says of the API; one that says nothing of it comes back as it is. Of an error
 * of axios only code and message are taken; the rest of it holds the credentials.
 */
function explain(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const cause = `${error.code}: ${error.message}`;
  return /^(ERR_BAD_RESPONSE|HPE_)/.test(cause)
    ? new ApiError('nonsense', `the response is broken: ${cause}`)
    : new ApiError('unreachable', cause);
}

function refusal(status: number): ApiError {
  if (status === 503) {
    return new ApiError('no-list', 'the API has no list to serve; its own log says why');
  }
  const cause = `the API responded with ${status}`;
  if (![401, 403, 429].includes(status)) return new ApiError('nonsense', cause);
  return new ApiError('refused', `${cause}; are API_USERNAME and API_PASSWORD what it expects?`);
}
