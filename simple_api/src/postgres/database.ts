import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientConfig, Pool } from 'pg';
import type { Logger } from 'pino';
import { NoListError } from '../students/store';
import { isBusy, whyAway } from './problem';
import { prepare } from './schema';

/** In ms. */
const LIMITS = {
  connectionTimeoutMillis: 1_000,
  lock_timeout: 2_000,
  statement_timeout: 4_000,
  query_timeout: 5_000, // by this side's clock: the network may be cut
  idle_in_transaction_session_timeout: 10_000, // one that reads the whole list, and takes no more
};

/** For what is read, in all tries: the website waits no longer. */
const READ_MS = 1_900;

const RETRY_MS = 1_000;

/** The connections to the database, while it can be had. */
export type Database = Awaited<ReturnType<typeof connectDatabase>>;

/** @returns once the first attempt is over, whatever came of it */
export async function connectDatabase(url: string, password: string | undefined, logger: Logger) {
  const address = new URL(url);
  if (password !== undefined) address.password = encodeURIComponent(password);
  address.searchParams.set('uselibpqcompat', 'true'); // `sslmode` means what it does elsewhere
  const config: ClientConfig = {
    connectionString: address.href,
    application_name: 'student-list',
    keepAlive: true,
    ...LIMITS,
  };

  let pool = createPool();
  let problem: string | undefined = 'the database has not been reached yet';
  let readOnly: string | undefined;
  let attempt: Promise<void> | undefined;
  let later: NodeJS.Timeout | undefined;
  let isOpen = true;

  function createPool(): Pool {
    // Queries that are asked for together are sent together.
    const made: Pool = new Pool({ ...config, pipeline: true, max: 10 });
    made.on('error', () => lost(made)); // of an idle connection
    made.on('connect', (client) => client.on('error', () => {})); // of others: what they ask for fails
    return made;
  }

  /** Of connections to a server that is gone, all are. */
  function lost(from: Pool): void {
    if (from !== pool) return;
    pool = createPool();
    from.end().catch(() => {});
    void connect();
  }

  function connect(): Promise<void> {
    clearTimeout(later);
    attempt ??= tryToConnect().finally(() => {
      attempt = undefined;
      if (isOpen && (problem ?? readOnly)) later = setTimeout(connect, RETRY_MS).unref();
    });
    return attempt;
  }

  async function tryToConnect(): Promise<void> {
    try {
      readOnly = await prepare(config);
      if (problem !== undefined) logger.info('serving the list of the database');
      problem = undefined;
    } catch (error) {
      const found = whyAway(error) ?? 'the database cannot be made ready';
      const cause = error instanceof Error ? error.message : error;
      if (found !== problem) logger.error({ cause }, `${found}; there is no list to serve`);
      problem = found;
    }
  }

  /** Asks once more on a new connection where one was lost. @throws NoListError */
  async function use<T>(ask: (pool: Pool) => Promise<T>): Promise<T> {
    for (let isLast = false; ; isLast = true) {
      if (problem === undefined) await attempt; // to get back what was lost just now
      if (problem !== undefined) throw new NoListError(problem);
      const from = pool;
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
    read<T>(ask: (pool: Pool) => Promise<T>): Promise<T> {
      const tooLong = sleep(READ_MS, undefined, { ref: false }).then(() => {
        throw new NoListError('the database does not respond in time');
      });
      return Promise.race([use(ask), tooLong]);
    },
    whyReadOnly: () => readOnly,
    lookAgain: connect,
    async close(): Promise<void> {
      isOpen = false;
      clearTimeout(later);
      await pool.end();
    },
  };
}
