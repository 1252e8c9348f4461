import { type Logger, pino } from 'pino';

/** A logger whose lines a test can read. */
export function captureLog(level = 'debug'): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const logger = pino({ level }, { write: (line: string) => void lines.push(line) });
  return { logger, lines };
}
