import { type Logger, pino } from 'pino';

/** A logger at `debug` whose lines a test can read. */
export function captureLog(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  return { logger, lines };
}
