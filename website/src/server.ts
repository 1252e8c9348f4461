import { once } from 'node:events';
import closeWithGrace from 'close-with-grace';
import dotenv from 'dotenv';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client';
import { createApp } from './app';
import { type Config, ConfigError, readConfig } from './config';
import { gracefulClose } from './graceful-close';
import { createHttpServer } from './http-server';
import { createLogger } from './logger';
import { systemErrorCode } from './system-error';

/**
 * Starts the website: client, app, server.
 *
 * @returns once it listens: on which port, and the function that closes it without failing a request
 * @throws Error, with a message for the person who starts it, when it cannot listen
 */
export async function startWebsite(
  config: Config,
  logger: Logger,
): Promise<{ port: number; close: () => Promise<void> }> {
  const { port, host, apiUrl, credentials } = config;
  // Loaded with the first list: axios takes as long to load as all the rest.
  let client: Promise<ApiClient> | undefined;
  const api: ApiClient = {
    async getStudents() {
      client ??= import('./api-client').then(({ createApiClient }) =>
        createApiClient({ url: apiUrl, credentials, logger }),
      );
      return (await client).getStudents();
    },
  };
  const server = createHttpServer(createApp({ api, logger }), logger);
  const close = gracefulClose(server);

  server.listen({ port, host });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EADDRINUSE') throw new Error(`port ${port} is in use; set PORT to a free one`);
    throw new Error(`cannot listen on ${host}, port ${port}: ${code}`);
  }
  const address = server.address();
  const actualPort = typeof address === 'object' && address ? address.port : port;
  return { port: actualPort, close };
}

/** Runs the process: from the environment to the exit code. */
async function main(): Promise<void> {
  dotenv.config({ quiet: true });
  let logger = await createLogger('website', 'info');
  try {
    const config = readConfig(process.env);
    logger = await createLogger('website', config.logLevel);
    const { port, close } = await startWebsite(config, logger);
    closeWithGrace({ delay: false, logger: false }, async ({ signal, err }) => {
      if (err) logger.fatal({ err }, 'unexpected error, closing');
      else logger.info(`${signal}, closing`);
      await close();
      logger.info('closed');
    });
    // Last, for whoever waits for this line may send a signal right after it.
    logger.info(`listening on http://${config.host}:${port}`);
  } catch (error) {
    const reasons =
      error instanceof ConfigError
        ? error.mistakes
        : [error instanceof Error ? error.message : String(error)];
    for (const reason of reasons) logger.fatal(reason);
    process.exitCode = 1;
  }
}

if (require.main === module) void main();
