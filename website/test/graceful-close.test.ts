import { createServer, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { gracefulClose } from '../src/graceful-close';
import { listen } from './scripted-api';

test('a request under way is answered in full, and then all is closed', async () => {
  let started: (res: ServerResponse) => void = () => {};
  const underWay = new Promise<ServerResponse>((resolve) => {
    started = resolve;
  });
  const server = createServer((req, res) => {
    if (req.url === '/slow') started(res);
    else res.end('quick');
  });
  const close = gracefulClose(server);
  const { url, port } = await listen(server);

  const slow = fetch(`${url}/slow`);
  const res = await underWay;
  const unused = connect(port, '127.0.0.1');
  const unusedEnds = new Promise((resolve) => unused.once('close', resolve));
  const closed = close();

  // For half a second, new requests are still answered.
  const late = await fetch(`${url}/quick`);
  expect(await late.text()).toBe('quick');
  expect(late.headers.get('connection')).toBe('close');

  await unusedEnds;
  res.end('slow');
  const answer = await slow;
  expect(await answer.text()).toBe('slow');
  expect(answer.headers.get('connection')).toBe('close');

  await closed;
  await new Promise<void>((resolve) => {
    request(url)
      .on('error', () => resolve())
      .end();
  });
});
