import './service/early-signals';
import type { Logger } from 'pino';
import { type Config, readConfig } from './config';
import { whyInsecure, whyNoEditor } from './http/credentials';
import { refuseMalformed } from './http/malformed';
import { createLogger } from './service/logger';
import { serveMetrics } from './service/metrics';
import { run } from './service/run';
import { listen, type Service } from './service/server';
import type { StudentStore } from './students/store';

const COUNTERS = {
  students_changed_total: { help: 'Students that were changed', labelNames: ['kind'] },
};

/** @throws StartError when it cannot listen with this configuration */
export async function start(env: NodeJS.ProcessEnv): Promise<Service> {
  const config = readConfig(env);
  const logger = await createLogger('api', config.LOG_LEVEL);
  const insecure = whyInsecure(config);
  if (insecure) logger.warn(insecure);
  const noEditor = whyNoEditor(config);
  if (noEditor) logger.info(`the list is read-only: ${noEditor}`);
  // Express is loaded while the list is read.
  const [store, { createApp }] = await Promise.all([openStore(config, logger), import('./app')]);
  const metrics = await serveMetrics(config, COUNTERS, logger);
  metrics.show(
    'students',
    'Students on the list',
    async () => (await store.health()).students ?? 0,
  );
  metrics.show('list_problem', 'Whether something is wrong with the list', async () =>
    Number((await store.health()).problem !== undefined),
  );
  for (const { name, help, read } of store.gauges) metrics.show(name, help, read);
  const app = createApp(store, config, logger);
  const service = await listen(app, config, logger);
  refuseMalformed(service.server, logger);
  service.server.prependListener('request', metrics.measure);
  service.server.once('close', () => store.close()).once('close', metrics.close);
  return service;
}

/** Loads only what the store needs that is chosen. */
async function openStore(config: Config, logger: Logger): Promise<StudentStore> {
  if (config.DATABASE_URL === undefined) {
    const { openFileStore } = await import('./file/store');
    return openFileStore(config.STUDENT_AGE_FILE, logger);
  }
  const { openPostgresStore } = await import('./postgres/store');
  return openPostgresStore(config.DATABASE_URL, config.DATABASE_PASSWORD, logger);
}

if (require.main === module) void run('api', start);
