import { get } from 'node:http';

/**
 * Asks a service how it is.
 *
 * @param host where it listens; a wildcard address is asked at this machine's own
 * @param path what to ask: `/health/live` or `/health/ready`
 * @param timeout how long to wait, in ms
 * @returns whether it answered 200
 */
export function isHealthy(
  port: number,
  host: string,
  path: string,
  timeout = 2_500,
): Promise<boolean> {
  const address = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return new Promise((resolve) => {
    const req = get({ host: address, port, path, timeout }, (res) => {
      res.resume();
      resolve(res.statusCode === 200);
    });
    req.on('timeout', () => req.destroy());
    req.on('error', () => resolve(false));
  });
}

// For a HEALTHCHECK: exit code 0 or 1. The image's asks whether the process is alive; a cluster names
// another path.
if (require.main === module) {
  const { PORT = '3000', HOST = '127.0.0.1' } = process.env;
  const [path = '/health/live'] = process.argv.slice(2);
  void isHealthy(Number(PORT), HOST, path).then((healthy) => process.exit(healthy ? 0 : 1));
}
