// The API as a plain Fastify app.
import { readFileSync } from 'node:fs';
import fastify from 'fastify';

const list = JSON.parse(readFileSync(process.env['BODY_FILE'] ?? '', 'utf8'));
const app = fastify();
app.get('/', (request, reply) => {
  const [, encoded = ''] = (request.headers.authorization ?? '').split(' ');
  const [name, password] = Buffer.from(encoded, 'base64').toString().split(':');
  if (name === 'root' && password === 'root') reply.send(list);
  else reply.code(401).send({ error: 'Unauthorized access' });
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(`listening on ${address}`);
