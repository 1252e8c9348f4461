import { get } from 'node:http';

/**
 * Asks a service for /health/live.
 *
 * @param host where it listens; a wildcard address is asked at this machine's own
 * @param timeout how long to wait, in ms
 * @returns whether it answered 200
 */
export function isLive(port: number, host: string, timeout = 2_000): Promise<boolean> {
  const address = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return new Promise((resolve) => {
    const req = get({ host: address, port, path: '/health/live', timeout }, (res) => {
      res.resume();
      resolve(res.statusCode === 200);
    });
    req.on('timeout', () => req.destroy());
    req.on('error', () => resolve(false));
  });
}

// The image's HEALTHCHECK: exit code 0 or 1.
if (require.main === module) {
  const { PORT = '3000', HOST = '127.0.0.1' } = process.env;
  void isLive(Number(PORT), HOST).then((live) => process.exit(live ? 0 : 1));
}
