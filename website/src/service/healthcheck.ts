// The program of the images' HEALTHCHECK: exit code 0 when the service is healthy. Its argument is
// what to ask, for a cluster that wants to know more than whether the process is alive.
import { get } from 'node:http';

const { PORT, HOST = '' } = process.env;
const [path = '/health/live'] = process.argv.slice(2);
const host = ['', '0.0.0.0', '::'].includes(HOST) ? '127.0.0.1' : HOST;

// Shorter than the timeout of the HEALTHCHECK, after which Docker would leave this process behind.
// An agent of its own knows no proxy, whatever http_proxy and NODE_USE_ENV_PROXY say.
const req = get({ host, port: PORT, path, timeout: 2_500, agent: false }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
});
req.on('timeout', () => process.exit(1));
req.on('error', () => process.exit(1));
