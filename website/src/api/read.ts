import { lookup } from 'node:dns/promises';
import type { Agent } from 'node:http';
import { callbackify } from 'node:util';
import { unexpectedStatus } from './error';
import {
  type ApiRequest,
  type ApiResponse,
  MAX_CONNECTIONS,
  protocolOf,
  type Send,
} from './request';

/** For the whole response, in all tries, in ms; and for each but the last: a replica may be gone. */
const READ_MS = 2_000;
const TRY_MS = 500;

/**
 * Creates what asks for something that changes nothing. The API's name may stand for several replicas:
 * connections to one of them are kept; after a failure of any kind, the next one is asked.
 */
export function createRead(api: string, send: Send) {
  const protocol = protocolOf(api);
  let turn = Math.floor(Math.random() * 60); // not all websites begin with the same one
  let count = 1;

  /** Node.js steps over addresses that refuse, or are silent for 250 ms; where it starts is ours. */
  const find = callbackify(async (host: string) => {
    const found = await lookup(host, { all: true });
    // DNS shuffles them, and a replica might never get its turn.
    found.sort((a, b) => (a.address < b.address ? -1 : 1));
    count = found.length;
    return [...found, ...found].slice(turn % count, (turn % count) + count);
  });
  const connect = () =>
    new protocol.Agent({
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
      lookup: (host, _options, done) => find(host, done),
    });
  let current = connect();

  function leave(agent: Agent) {
    if (agent !== current) return; // another request has done so before
    turn++;
    current = connect();
    // What others wait for on its connections is not cut.
    agent.maxFreeSockets = 0;
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
  }

  /**
   * @param isProper tells the statuses that are an answer
   * @throws ApiError without an answer within 2 s; the visitor's reason once that signal is aborted
   */
  return async (
    request: ApiRequest,
    isProper: (status: number) => boolean,
    visitor?: AbortSignal,
  ): Promise<ApiResponse> => {
    const end = performance.now() + READ_MS;
    for (let tries = 0; ; tries++) {
      const rest = Math.max(0, Math.ceil(end - performance.now()));
      const isLast = tries >= count || rest <= TRY_MS;
      const agent = current;
      const limit = AbortSignal.timeout(isLast ? rest : TRY_MS);
      const signal = visitor ? AbortSignal.any([limit, visitor]) : limit;
      try {
        const response = await send(request, agent, signal);
        if (isProper(response.status)) return response;
        throw unexpectedStatus(response);
      } catch (error) {
        visitor?.throwIfAborted();
        if (isLast) throw error;
        leave(agent);
      }
    }
  };
}
