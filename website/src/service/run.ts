import closeWithGrace from 'close-with-grace';
import dotenv from 'dotenv';
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
  dotenv.config({ quiet: true });
  try {
    const { logger, server, url } = await start(process.env);
    closeWithGrace({ delay: false, logger: false }, async ({ signal, err }) => {
      if (err) logger.fatal({ err }, 'unexpected error, closing');
      else logger.info(`${signal}, closing`);
      await closeGracefully(server);
      logger.info('closed');
    });
    // Last, because whoever waits for this line may send a signal right after it.
    logger.info(`listening on ${url}`);
  } catch (error) {
    const logger = await createLogger(name, 'fatal');
    if (error instanceof StartError) for (const mistake of error.mistakes) logger.fatal(mistake);
    else logger.fatal(error, 'cannot start');
    // What was opened before would keep the process alive.
    process.exit(1);
  }
}
