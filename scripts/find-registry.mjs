import http from 'node:http';
import https from 'node:https';

/** How long a registry may take to answer, in ms. */
const PATIENCE_MS = 10_000;

/**
 * Asks whether a registry answers at an address. Like Docker it tries TLS first, then without.
 *
 * @param {string} host host[:port]
 * @returns {Promise<{ scheme: 'https' | 'http', wantsAccount: boolean }>} how it is spoken to, and
 *   whether it lets nobody in without a name and a password
 * @throws {Error} when there is none; the message is one line for the user
 */
export async function findRegistry(host) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  // Docker trusts certificates that Node.js does not know. It will check; here, no secret is sent.
  const options = { agent: false, rejectUnauthorized: false, signal };
  /** @type {'https' | 'http'} */
  let scheme = 'https';
  /** @type {http.IncomingMessage} */
  let answer;
  try {
    answer = await head(https.get(`https://${host}/v2/`, options)).catch(() => {
      scheme = 'http';
      return head(http.get(`http://${host}/v2/`, options));
    });
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const reason = signal.aborted ? `no answer within ${PATIENCE_MS / 1000} s` : code || message;
    throw new Error(`no registry answers at ${host} (${reason})${howToStart(host)}`);
  }

  const { statusCode, headers } = answer;
  const isRegistry = headers['docker-distribution-api-version']?.includes('registry/2.0');
  if (!isRegistry || (statusCode !== 200 && statusCode !== 401)) {
    const isJson = headers['content-type']?.startsWith('application/json');
    const hint = "; if it is this project's API, see API_PORT / REGISTRY_PORT in README.md";
    throw new Error(
      `${host} is not a registry (it answered ${statusCode})${statusCode === 404 && isJson ? hint : ''}`,
    );
  }
  return { scheme, wantsAccount: statusCode === 401 };
}

/**
 * @param {http.ClientRequest} request
 * @returns {Promise<http.IncomingMessage>} the answer, of which only status and headers are read
 */
function head(request) {
  return new Promise((resolve, reject) => {
    request.once('response', (answer) => {
      answer.destroy();
      resolve(answer);
    });
    request.on('error', reject);
  });
}

/** @param {string} host where none was found */
function howToStart(host) {
  const { hostname, port } = new URL(`http://${host}`);
  if (!/^(localhost|127\..*|\[::1\])$/.test(hostname)) return '';
  const variable = port === '5000' ? '' : `REGISTRY_PORT=${port || 80} `;
  return `; start one: ${variable}docker compose -f docker-compose-registry.yml up -d registry`;
}
