import { createLogger } from '#service/logger';
import { run } from '#service/run';
import { listen, type Service } from '#service/server';
import { createApiClient } from './api/client';
import { createApp } from './app';
import { readConfig } from './config';

/**
 * Starts the website: configuration, client of the API, app, server.
 *
 * @returns once it listens
 * @throws StartError when it cannot
 */
export async function start(env: NodeJS.ProcessEnv): Promise<Service> {
  const config = readConfig(env);
  const logger = await createLogger('website', config.LOG_LEVEL);
  const api = createApiClient({
    url: config.API_URL,
    username: config.API_USERNAME,
    password: config.API_PASSWORD,
  });
  return listen(createApp({ api, logger, basePath: config.BASE_PATH }), config, logger);
}

if (require.main === module) void run('website', start);
