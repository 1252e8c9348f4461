import closeWithGrace from 'close-with-grace';
import { loadEnvFile } from './env-file';
import { StartError } from './environment';
import { createLogger } from './logger';
import { closeGracefully, type Service } from './server';

/**
 * Runs the process of a service: from the environment, and an `.env` file, to the exit code. That is
 * 0 after SIGTERM or SIGINT, and 1 when it cannot start or after an unexpected error.
 */
export async function run(
  name: string,
  start: (env: NodeJS.ProcessEnv) => Promise<Service>,
): Promise<void> {
  let logger = await createLogger(name, 'info');
  let server: Service['server'] | undefined;
  // Before the start, which may take its time: as a container's first process, this one would
  // otherwise not notice a signal.
  closeWithGrace({ delay: false, logger: false }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'unexpected error, closing');
    else logger.info(`${signal}, closing`);
    if (server) await closeGracefully(server);
    logger.info('closed');
  });
  try {
    loadEnvFile();
    const service = await start(process.env);
    ({ logger, server } = service);
    logger.info(`listening on ${service.url}`);
  } catch (error) {
    if (error instanceof StartError) for (const mistake of error.mistakes) logger.fatal(mistake);
    else logger.fatal(error, 'cannot start');
    // What was opened before would keep the process alive.
    process.exit(1);
  }
}
