// The program of the images' HEALTHCHECK. Its argument is what to ask, where a cluster wants to know more.
import { get } from 'node:http';

/** The service's own; its build.mjs knows it. */
declare const DEFAULT_PORT: number;

const { HOST = '' } = process.env;
const port = process.env['PORT'] || DEFAULT_PORT;
const [path = '/health/live'] = process.argv.slice(2);
const host = ['', '0.0.0.0', '::'].includes(HOST) ? '127.0.0.1' : HOST;

// After the timeout of the HEALTHCHECK, Docker would leave this process behind: the one here is shorter.
// `agent: false` knows no proxy, whatever http_proxy and NODE_USE_ENV_PROXY say.
const req = get({ host, port, path, timeout: 2_500, agent: false }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
});
req.on('timeout', () => process.exit(1));
req.on('error', () => process.exit(1));
