import '#service/early-signals';
import { createLogger } from '#service/logger';
import { serveMetrics } from '#service/metrics';
import { run } from '#service/run';
import { listen, type Service } from '#service/server';
import { createApiClient } from './api/client';
import { createApp } from './app';
import { readConfig } from './config';

const COUNTERS = {
  api_responses_total: { help: 'Responses of the API, or none in time', labelNames: ['status'] },
  pages_shown_again_total: { help: 'Pages that were shown as they were before', labelNames: [] },
};

/** @throws StartError when it cannot listen */
export async function start(env: NodeJS.ProcessEnv): Promise<Service> {
  const config = readConfig(env);
  const logger = await createLogger('website', config.LOG_LEVEL);
  const { API_URL, API_USERNAME, API_PASSWORD, BASE_PATH } = config;
  const metrics = await serveMetrics(config, COUNTERS, logger);
  const api = createApiClient(API_URL, API_USERNAME, API_PASSWORD);
  const service = await listen(createApp(api, logger, BASE_PATH), config, logger);
  service.server.prependListener('request', metrics.measure).once('close', metrics.close);
  return service;
}

if (require.main === module) void run('website', start);
