import closeWithGrace from 'close-with-grace';
import { endAtOnce } from './early-signals';
import { withEnvFile } from './env-file';
import { StartError } from './environment';
import { createLogger } from './logger';
import { closeGracefully, type Service } from './server';

/** The process of a service. Exit code 0 after SIGTERM or SIGINT, 1 when it cannot start or go on. */
export async function run(name: string, start: (env: NodeJS.ProcessEnv) => Promise<Service>) {
  let logger = await createLogger(name, 'info');
  let server: Service['server'] | undefined;
  closeWithGrace({ delay: false, logger: false }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'unexpected error, closing');
    else logger.info(`${signal}, closing`);
    if (server) await closeGracefully(server);
    logger.info('closed');
  });
  process.off('SIGTERM', endAtOnce).off('SIGINT', endAtOnce);
  try {
    const service = await start(withEnvFile(process.env));
    ({ logger, server } = service);
    logger.info(`listening on ${service.url}`);
  } catch (error) {
    if (error instanceof StartError) for (const mistake of error.mistakes) logger.fatal(mistake);
    else logger.fatal(error, 'cannot start');
    // What was opened before would keep the process alive.
    process.exit(1);
  }
}
