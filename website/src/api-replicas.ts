import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from './system-error';

/** How long what a look-up found is used without another, in ms. */
const FRESH_MS = 1_000;

/** How long a look-up is waited for when the addresses of the one before are there, in ms. */
const LOOK_UP_MS = 300;

/**
 * For how long a replica that was silent is asked only after all others, in ms. Swarm takes about six
 * seconds to notice that a node is cut off and to leave its replicas out.
 */
const AVOID_MS = 5_000;

/** One of the servers that answer for the API. */
export interface Replica {
  /** Its IP address. */
  readonly address: string;
  /** The connections that are kept to it. */
  readonly agent: HttpAgent;
  /** Until when it is better asked last; in ms, as `performance.now()` counts. */
  avoidUntil: number;
  /** Whether it gave no list when it was asked last. */
  isFailing: boolean;
}

/** Knows the API's replicas. */
export interface Replicas {
  /**
   * Finds all that the API's name stands for now, in the order in which to ask them: each time
   * another one is first, and those that were silent a moment ago come last.
   *
   * @param signal gives up waiting for the name to be looked up
   * @throws Error the system's, when the name cannot be looked up; the signal's reason
   */
  inTurn(signal: AbortSignal): Promise<Replica[]>;
}

/** Looks up a name; by default as the rest of the system does, `/etc/hosts` included. */
export type LookUp = (host: string) => Promise<readonly string[]>;

const lookUpAll: LookUp = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Finds the API's replicas by its name. In a cluster the name has an address for each, and nothing
 * between the website and the API spreads the requests or steps over a replica that is gone.
 *
 * @param url where the API is
 */
export function createReplicas(url: string, lookUp: LookUp = lookUpAll): Replicas {
  const { hostname, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, ''); // around an IPv6 address
  const Agent = protocol === 'https:' ? HttpsAgent : HttpAgent;

  let replicas: readonly Replica[] = [];
  let freshUntil = 0;
  let underWay: Promise<void> | undefined;
  let turn = 0;

  function create(address: string): Replica {
    const agent = new Agent({
      keepAlive: true,
      autoSelectFamily: false, // it would ask for all addresses
      lookup: (_host, _options, done) => done(null, address, isIP(address)),
    });
    return { address, agent, avoidUntil: 0, isFailing: false };
  }

  async function refresh(): Promise<void> {
    try {
      // Sorted, for DNS shuffles them, and then nobody's turn would come for sure.
      const addresses = [...new Set(await lookUp(host))].sort();
      replicas = addresses.map(
        (address) => replicas.find((known) => known.address === address) ?? create(address),
      );
      freshUntil = performance.now() + FRESH_MS;
    } catch (error) {
      // Unless the name is gone, the addresses may well be as they were.
      if (systemErrorCode(error) === 'ENOTFOUND') replicas = [];
      if (replicas.length === 0) throw error;
    }
  }

  return {
    async inTurn(signal) {
      if (performance.now() >= freshUntil) {
        underWay ??= refresh().finally(() => {
          underWay = undefined;
        });
        const enough =
          replicas.length > 0
            ? sleep(LOOK_UP_MS, undefined, { ref: false })
            : once(signal, 'abort');
        await Promise.race([underWay, enough]);
        signal.throwIfAborted();
      }
      const first = turn++ % replicas.length;
      const inOrder = [...replicas.slice(first), ...replicas.slice(0, first)];
      const now = performance.now();
      const isAvoided = (replica: Replica) => replica.avoidUntil > now;
      return [...inOrder.filter((replica) => !isAvoided(replica)), ...inOrder.filter(isAvoided)];
    },
  };
}

/** Notes that a replica was silent. */
export function avoid(replica: Replica): void {
  replica.avoidUntil = performance.now() + AVOID_MS;
}
