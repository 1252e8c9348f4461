import { type Logger, pino, stdTimeFunctions } from 'pino';

/** How much is logged, least first; pino's own names. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** Kept for a reader that stalls, in bytes; then lines are dropped. */
const MAX_UNREAD = 1024 * 1024;

/** Writes JSON, or coloured text to a terminal and where `FORCE_COLOR` is set (by `npm start`). */
export async function createLogger(name: string, level: (typeof LOG_LEVELS)[number]) {
  const options = {
    level,
    base: { name }, // no process id, no host name: a container has one process and a log of its own
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!process.stdout.isTTY && !process.env['FORCE_COLOR']) {
    // A reader that stalls must not stop the service: what it does not take is kept and tried again.
    // (Reading `isTTY` above has made a pipe non-blocking.)
    const output = pino.destination({
      dest: 1,
      sync: true,
      maxLength: MAX_UNREAD,
      retryEAGAIN: () => false,
    });
    let isWaiting = false;
    output.on('error', () => {
      if (isWaiting) return;
      isWaiting = true;
      setTimeout(() => {
        isWaiting = false;
        output.write('');
      }, 100).unref();
    });
    process.once('exit', () => output.write(''));
    return pino(options, output);
  }
  // Loaded only here: a container's log has no use for it.
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ colorize: true, ignore: 'name', singleLine: true, sync: true }));
}

/** Warns of what a stranger can cause at will: of the first at once, then, every 10 s, of how many more. */
export function countWarnings(logger: Logger, message: string): (details: object) => void {
  let more = 0;
  let timer: NodeJS.Timeout | undefined;
  return (details) => {
    if (timer) {
      more++;
      return;
    }
    logger.warn(details, message);
    timer = setTimeout(() => {
      timer = undefined;
      if (more > 0) logger.warn({ more }, message);
      more = 0;
    }, 10_000).unref();
  };
}
