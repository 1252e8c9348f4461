import { expect } from '@jest/globals';
import { startApi } from './api';
import { docker, exec, PREFIX } from './docker';
import { eventually } from './eventually';

const PASSWORD = 'e2e-d:ä$$"base';

/** APIs that share a database. */
export type Replicas = Awaited<ReturnType<typeof startReplicas>>;

/** Starts them on a network of their own. @param name what tells them from others of these tests */
export async function startReplicas(name: string, count: number) {
  const network = `${PREFIX}-${name}`;
  const database = `${network}-database`;
  const data = `${network}:/var/lib/postgresql/data`;
  const containers = new Set<string>();

  /** Runs a command in PostgreSQL's image. */
  async function run(container: string, command: readonly string[], ...options: string[]) {
    containers.add(container);
    const env = { POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: 'students', PGPASSWORD: PASSWORD };
    const set = Object.keys(env).flatMap((it) => ['--env', it]);
    const place = ['--name', container, '--network', network, ...options, 'postgres:17-trixie'];
    await docker(['run', '--detach', ...set, ...place, ...command], env);
  }

  /** Runs SQL as the superuser. */
  async function psql(sql: string, container = database): Promise<string> {
    const signIn = ['-h127.0.0.1', '-Upostgres', '-dstudents', '-vON_ERROR_STOP=1'];
    const { stdout } = await docker(['exec', '-i', container, 'psql', '-qAt', ...signIn], {}, sql);
    return stdout.trim();
  }

  async function startDatabase(): Promise<void> {
    await run(database, ['postgres'], '--network-alias', 'database', '--volume', data);
    await eventually(() => psql('SELECT'));
  }

  /** Starts a copy of the database, without which nothing is acknowledged from then on. */
  async function startStandby(): Promise<string> {
    const standby = `${network}-standby`;
    const allow = 'echo host replication all all scram-sha-256 >> $PGDATA/pg_hba.conf';
    await exec(database, 'sh', '-c', allow);
    await psql('SELECT pg_reload_conf()');
    const copy = 'pg_basebackup -h database -U postgres -D $PGDATA -R -c fast';
    const start = 'chmod 700 $PGDATA && exec docker-entrypoint.sh postgres';
    await run(standby, ['bash', '-c', `${copy} && ${start}`], '--user', 'postgres');
    await eventually(() => psql('SELECT', standby));
    await psql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await psql('SELECT pg_reload_conf()');
    const state = 'SELECT sync_state FROM pg_stat_replication';
    await eventually(async () => expect(await psql(state)).toBe('sync'));
    return standby;
  }

  async function down(): Promise<void> {
    await docker(['rm', '--force', '--volumes', ...containers]);
    await docker(['network', 'rm', network]);
    await docker(['volume', 'rm', '--force', network]);
  }

  await docker(['network', 'create', network]);
  try {
    await startDatabase();
    await psql(`CREATE ROLE students LOGIN PASSWORD '${PASSWORD}'`);
    await psql('ALTER DATABASE students OWNER TO students');
    const url = 'postgres://students@database/students';
    const env = { DATABASE_URL: url, DATABASE_PASSWORD: PASSWORD };
    const names = Array.from({ length: count }, (_, i) => `${network}-api-${i + 1}`);
    for (const it of names) containers.add(it);
    const apis = await Promise.all(names.map((it) => startApi(it, ['--network', network], env)));
    return {
      database,
      apis,
      run,
      psql,
      startDatabase,
      startStandby,
      disconnect: (container: string) => docker(['network', 'disconnect', network, container]),
      /** As the APIs' database. */
      connect: (container: string) =>
        docker(['network', 'connect', '--alias', 'database', network, container]),
      down,
    };
  } catch (error) {
    await down();
    throw error;
  }
}
