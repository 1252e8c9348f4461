/**
 * Starts a baseline's server on a free port and logs the address as the services do.
 *
 * @param {import('node:http').Server} server
 */
export function listen(server) {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address) {
      console.log(`listening on http://127.0.0.1:${address.port}`);
    }
  });
}
