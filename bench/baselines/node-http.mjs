// Bare node:http: checks the credentials and sends the bytes that the API sends, nothing else.
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { listen } from './listen.mjs';

const body = readFileSync(process.env['BODY_FILE'] ?? '');
const expected = Buffer.from(`Basic ${btoa('root:root')}`);
const given = Buffer.alloc(expected.length);
const headers = {
  'Content-Type': 'application/json',
  ETag: '"o9cQJGjLDGxbR5rffDr5Hw2WwrD"',
  Vary: 'Accept-Encoding',
  'Cache-Control': 'private, no-cache',
  'X-Content-Type-Options': 'nosniff',
  'Content-Length': body.length,
};

listen(
  createServer((req, res) => {
    const header = req.headers.authorization ?? '';
    given.fill(0).write(header, 'latin1');
    if (timingSafeEqual(given, expected) && header.length === expected.length)
      res.writeHead(200, headers).end(body);
    else res.writeHead(401).end();
  }),
);
