import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { callbackify } from 'node:util';

/**
 * The most connections of a kind: those who guess passwords must not use up the API's. More than are
 * needed for the version, and the pages that are asked for at a time.
 */
export const MAX_CONNECTIONS = 20;

export type LookUp = (host: string) => Promise<LookupAddress[]>;

const lookUpAll: LookUp = (host) => lookup(host, { all: true });

/** The connections to one of the API's replicas. */
export interface Replica {
  readonly agent: http.Agent;
  readonly turn: number;
}

/** The addresses that the API's name stands for: in a cluster, one for each replica. */
export type Replicas = ReturnType<typeof createReplicas>;

/**
 * Keeps connections to one replica, until somebody who asked it in vain leaves it for the next.
 *
 * @param api its address
 */
export function createReplicas(api: string, lookUp: LookUp = lookUpAll) {
  const { Agent } = api.startsWith('https:') ? https : http;
  let count = 1;

  function connect(turn: number): Replica {
    /** Node.js steps over addresses that refuse, or are silent for 250 ms; where it starts is ours. */
    async function inTurn(host: string): Promise<LookupAddress[]> {
      // Sorted, because DNS shuffles them, and a replica might never get its turn.
      const found = (await lookUp(host)).sort((a, b) => (a.address < b.address ? -1 : 1));
      count = found.length;
      const first = turn % count;
      return [...found.slice(first), ...found.slice(0, first)];
    }
    const find = callbackify(inTurn);
    const agent = new Agent({
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
      lookup: (host, _options, done) => find(host, done),
    });
    return { agent, turn };
  }

  // Not all websites begin with the same one.
  let current = connect(Math.floor(Math.random() * 60));

  return {
    current: () => current,
    /** How many there are, as far as is known. */
    count: () => count,
    /** Lets the next one be asked; does nothing where another request has done so before. */
    leave(replica: Replica) {
      if (replica !== current) return;
      current = connect(replica.turn + 1);
      // What others wait for on its connections is not cut.
      replica.agent.maxFreeSockets = 0;
      for (const sockets of Object.values(replica.agent.freeSockets)) {
        for (const socket of sockets ?? []) socket.destroy();
      }
    },
  };
}
