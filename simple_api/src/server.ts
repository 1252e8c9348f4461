import { join } from 'node:path';
import { readConfig } from './config';
import { whyInsecure } from './http/credentials';
import { refuseMalformed } from './http/malformed';
import { createLogger } from './service/logger';
import { run } from './service/run';
import { listen, type Service } from './service/server';
import { openStudentStore } from './students/store';
import { inThread } from './students/thread';

// The same path from src/, in the tests, and from dist/.
const THREAD = join(__dirname, '../dist/thread.js');

/**
 * Starts the API: configuration, list, app, server.
 *
 * @returns once it listens
 * @throws StartError when it cannot
 */
export async function start(env: NodeJS.ProcessEnv): Promise<Service> {
  const config = readConfig(env);
  const logger = await createLogger('api', config.LOG_LEVEL);
  const insecure = whyInsecure(config);
  if (insecure) logger.warn(insecure);
  const store = openStudentStore(config.STUDENT_AGE_FILE, inThread(THREAD), logger);
  // This loads Express, while the list is loaded.
  const { createApp } = await import('./app');
  const app = createApp(store, config, logger);
  await store.opened;
  const service = await listen(app, config, logger);
  refuseMalformed(service.server, logger);
  return service;
}

if (require.main === module) void run('api', start);
