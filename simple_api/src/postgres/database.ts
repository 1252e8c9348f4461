import { type ClientConfig, Pool } from 'pg';
import type { Logger } from 'pino';
import { type Gauge, NoListError } from '../students/store';
import { isBusy, whyAway } from './problem';
import { prepare } from './schema';
import { within } from './within';

/** In ms. */
const LIMITS = {
  connectionTimeoutMillis: 1_000,
  lock_timeout: 2_000,
  statement_timeout: 4_000,
  query_timeout: 5_000, // by this side's clock: the network may be cut
  idle_in_transaction_session_timeout: 10_000, // of a client that takes no more of the whole list
};

/** Other writers do not wait for one whose network is cut; TCP's part: in the middle of a statement. */
const FIRST = `SET idle_in_transaction_session_timeout = '1500ms';
  SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 2;
  SET tcp_user_timeout = '3s'`;

/** For what is read, in all tries: the website waits no longer. */
const READ_MS = 1_900;

/** Between two looks at a database that is away, or read-only. */
const RETRY_MS = 1_000;

/** For a change, from when it is wanted: the website waits no longer. */
export const CHANGE_MS = 9_000;

/** @throws NoListError */
export function tooLong(): never {
  throw new NoListError('the database does not respond in time');
}

/** @throws NoListError where it takes longer than a reader waits */
export const inTime = <T>(asked: Promise<T>): Promise<T> => within(READ_MS, asked, tooLong);

/** The connections to the database, while it can be had. */
export type Database = Awaited<ReturnType<typeof connectDatabase>>;

/**
 * It is at hand, or away. Whoever loses a connection has all replaced, and one look at the database decides, which
 * all wait for. While it is away, whoever asks is told why, and has one more look begun, a second after the last.
 *
 * @returns once the first attempt is over, whatever came of it
 */
export async function connectDatabase(url: string, password: string | undefined, logger: Logger) {
  const address = new URL(url);
  if (password !== undefined) address.searchParams.set('password', password);
  address.searchParams.set('uselibpqcompat', 'true'); // `sslmode` means what it does elsewhere
  const name = { application_name: 'student-list', keepAlive: true };
  const config: ClientConfig = { connectionString: address.href, ...name, ...LIMITS };

  let pools = createPools();
  let problem: string | undefined;
  let readOnly: string | undefined;
  let attempt: Promise<void> | undefined;
  let retryAt = 0;
  /** What the log has said since it went. */
  const told = new Set<string>();

  /** A look at the version, and a change, do not wait until others have been read. */
  function createPools() {
    return { first: createPool(3, FIRST), others: createPool(7) };
  }

  function createPool(max: number, settings?: string): Pool {
    // Queries that are asked for together are sent together.
    const made: Pool = new Pool({ ...config, pipeline: true, max });
    made.on('error', () => lost(made)); // of an idle connection
    made.on('connect', (client) => {
      client.on('error', () => {}); // of others: what they ask for fails
      if (settings) client.query(settings).catch(() => {}); // then what is asked next fails, too
    });
    return made;
  }

  function gauge(name: string, help: string, of: (pool: Pool) => number): Gauge {
    const read = () => of(pools.first) + of(pools.others);
    return { name: `database_${name}`, help, read };
  }

  /** Of connections to a server that is gone, all are. */
  function lost(from: Pool): void {
    const all = Object.values(pools);
    if (!all.includes(from)) return;
    pools = createPools();
    // Later: a pool that ends serves nobody any more who waits for a connection.
    const end = () => all.map((pool) => pool.end().catch(() => {}));
    setTimeout(end, LIMITS.connectionTimeoutMillis).unref();
    void connect();
  }

  /** All who want to know of the database share an attempt. */
  function connect(): Promise<void> {
    attempt ??= tryToConnect().finally(() => {
      attempt = undefined;
      retryAt = performance.now() + RETRY_MS;
    });
    return attempt;
  }

  async function tryToConnect(isLast = problem !== undefined): Promise<void> {
    try {
      readOnly = await prepare(config);
      if (problem !== undefined) logger.info('nothing is wrong with the database any more');
      problem = undefined;
      told.clear();
    } catch (error) {
      if (!isLast) return tryToConnect(true); // all connections may have been ended, this one too
      const found = whyAway(error) ?? 'the database cannot be made ready; the log says why';
      const cause = error instanceof Error ? error.message : error;
      if (!told.has(found)) logger.error({ cause }, `${found}; there is no list to serve`);
      told.add(found);
      problem = found;
    }
  }

  /** Asks once more on a new connection where one was lost. @throws NoListError */
  async function use<T>(of: keyof typeof pools, ask: (pool: Pool) => Promise<T>): Promise<T> {
    for (let isLast = false; ; isLast = true) {
      if (problem !== undefined && performance.now() > retryAt) void connect();
      await attempt;
      if (problem !== undefined) throw new NoListError(problem);
      const from = pools[of];
      try {
        return await ask(from);
      } catch (error) {
        const why = whyAway(error);
        if (why === undefined) throw error;
        if (!isBusy(error)) lost(from);
        if (isLast || isBusy(error)) throw new NoListError(why);
      }
    }
  }

  await connect();
  return {
    use,
    /** As `use`, in the time that a reader waits. */
    read: <T>(ask: (pool: Pool) => Promise<T>): Promise<T> => inTime(use('others', ask)),
    async whyReadOnly(): Promise<string | undefined> {
      if (readOnly !== undefined && performance.now() > retryAt) void connect();
      return readOnly;
    },
    gauges: [
      gauge('connections', 'Connections to the database', (pool) => pool.totalCount),
      gauge('connections_idle', 'Those that nothing uses', (pool) => pool.idleCount),
      gauge('requests_waiting', 'Requests that wait for one', (pool) => pool.waitingCount),
    ],
    async close(): Promise<void> {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
    },
  };
}
