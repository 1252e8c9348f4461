import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { readConfig } from '../src/config';
import { isHealthy } from '../src/healthcheck';
import { startWebsite } from '../src/server';
import { captureLog } from './captured-log';
import { listen, startApi } from './scripted-api';

// real-services.test.ts runs the whole process.

test('the website listens, is live, and closes', async () => {
  const { logger } = captureLog();
  const { port, close } = await startWebsite(readConfig({ PORT: '0' }), logger);
  expect(await isHealthy(port, '0.0.0.0', '/health/live')).toBe(true);
  await close();
  expect(await isHealthy(port, '127.0.0.1', '/health/live')).toBe(false);
});

test('the website says what is wrong when it cannot listen', async () => {
  const { logger } = captureLog();
  const other = await listen(createServer());
  const inUse = readConfig({ PORT: String(other.port), HOST: '127.0.0.1' });
  await expect(startWebsite(inUse, logger)).rejects.toThrow(
    `port ${other.port} is in use; set PORT to a free one`,
  );
  await other.close();
  const elsewhere = readConfig({ PORT: '0', HOST: '192.0.2.1' });
  await expect(startWebsite(elsewhere, logger)).rejects.toThrow(
    'cannot listen on 192.0.2.1, port 0: EADDRNOTAVAIL',
  );
});

test('what does not answer in time is not live', async () => {
  const silent = await startApi(() => undefined);
  expect(await isHealthy(silent.port, '127.0.0.1', '/health/live', 50)).toBe(false);
  await silent.close();
});
