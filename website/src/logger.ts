import { type Logger, pino } from 'pino';

/** How much is logged, least first; pino's own names. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Creates the service's logger, which writes to the standard output: one JSON object a line, or
 * coloured text for a person when the output is a terminal or `FORCE_COLOR` is set (`npm start`
 * sets it, because it stands between the service and the terminal).
 *
 * @param name the service's name, in every line
 * @param level the least severe level that is written
 */
export async function createLogger(name: string, level: LogLevel): Promise<Logger> {
  const options = {
    level,
    base: { name }, // no process id, no host name: a container has one process and a log of its own
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!process.stdout.isTTY && !process.env['FORCE_COLOR']) {
    // Not in the background: at the end of the process, the last lines would overtake others.
    return pino(options, pino.destination({ dest: 1, sync: true }));
  }
  // Loaded only here: a container's log has no use for it.
  const { default: pretty } = await import('pino-pretty');
  return pino(
    options,
    pretty({
      colorize: true,
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'name',
      singleLine: true,
      sync: true,
    }),
  );
}
