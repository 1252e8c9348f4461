import './service/early-signals';
import { readConfig } from './config';
import { openFileStore } from './file/store';
import { whyInsecure, whyNoEditor } from './http/credentials';
import { refuseMalformed } from './http/malformed';
import { createLogger } from './service/logger';
import { run } from './service/run';
import { listen, type Service } from './service/server';

/** @throws StartError when it cannot listen with this configuration */
export async function start(env: NodeJS.ProcessEnv): Promise<Service> {
  const config = readConfig(env);
  const logger = await createLogger('api', config.LOG_LEVEL);
  const insecure = whyInsecure(config);
  if (insecure) logger.warn(insecure);
  const noEditor = whyNoEditor(config);
  if (noEditor) logger.info(`the list is read-only: ${noEditor}`);
  // Express is loaded while the list is read.
  const [store, { createApp }] = await Promise.all([
    openFileStore(config.STUDENT_AGE_FILE, logger),
    import('./app'),
  ]);
  const app = createApp(store, config, logger);
  const service = await listen(app, config, logger);
  refuseMalformed(service.server, logger);
  service.server.once('close', () => store.close());
  return service;
}

if (require.main === module) void run('api', start);
