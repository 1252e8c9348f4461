import { startApi } from './api';
import { docker, PREFIX } from './docker';
import { eventually } from './eventually';

const PASSWORD = 'e2e-d:ä$$"base';
const IMAGE = 'postgres:17-trixie';

/** APIs that share a database. */
export type Replicas = Awaited<ReturnType<typeof startReplicas>>;

/**
 * Starts a database in a volume, and APIs, on a network of their own.
 *
 * @param name what tells them from others of these tests
 * @param options of `docker run`, for the database
 */
export async function startReplicas(name: string, count: number, options: readonly string[] = []) {
  const network = `${PREFIX}-${name}`;
  const database = `${network}-database`;
  const containers = new Set<string>();

  /** Runs a container of PostgreSQL's image on the network. */
  async function run(container: string, ...args: string[]): Promise<void> {
    containers.add(container);
    const env = { POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: 'students', PGPASSWORD: PASSWORD };
    const set = Object.keys(env).flatMap((it) => ['--env', it]);
    const place = ['--name', container, '--network', network];
    await docker(['run', '--detach', ...place, ...set, ...args], env);
  }

  async function startDatabase(): Promise<void> {
    const volume = ['--volume', `${network}:/var/lib/postgresql/data`];
    await run(database, '--network-alias', 'database', ...volume, ...options, IMAGE);
    await eventually(() => psql('SELECT'));
  }

  /** Runs SQL as the superuser. */
  async function psql(sql: string, container = database): Promise<string> {
    const signIn = ['--host=127.0.0.1', '--username=postgres', '--dbname=students'];
    const command = ['exec', '--interactive', container, 'psql', '-qAt', ...signIn];
    return (await docker(command, {}, sql)).stdout.trim();
  }

  async function down(): Promise<void> {
    await docker(['rm', '--force', '--volumes', ...containers]);
    await docker(['network', 'rm', network]);
    await docker(['volume', 'rm', '--force', network]);
  }

  async function startApis() {
    const env = {
      DATABASE_URL: 'postgres://students@database/students',
      DATABASE_PASSWORD: PASSWORD,
    };
    const names = Array.from({ length: count }, (_, i) => `${network}-api-${i + 1}`);
    for (const it of names) containers.add(it);
    return Promise.all(names.map((it) => startApi(it, ['--network', network], env)));
  }

  await docker(['network', 'create', network]);
  try {
    await startDatabase();
    await psql(`CREATE ROLE students LOGIN PASSWORD '${PASSWORD}'`);
    await psql('ALTER DATABASE students OWNER TO students');
    return { network, database, apis: await startApis(), startDatabase, run, psql, down };
  } catch (error) {
    await down();
    throw error;
  }
}
