import '#service/early-signals';
import { createLogger } from '#service/logger';
import { run } from '#service/run';
import { listen, type Service } from '#service/server';
import { createApiClient } from './api/client';
import { createApp } from './app';
import { readConfig } from './config';

/** @throws StartError when it cannot listen */
export async function start(env: NodeJS.ProcessEnv): Promise<Service> {
  const config = readConfig(env);
  const logger = await createLogger('website', config.LOG_LEVEL);
  const api = createApiClient(config.API_URL, config.API_USERNAME, config.API_PASSWORD);
  return listen(createApp(api, logger, config.BASE_PATH), config, logger);
}

if (require.main === module) void run('website', start);
