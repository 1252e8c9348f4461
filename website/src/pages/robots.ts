import type { RequestHandler } from 'express';

/** Asks search engines not to come at all: robots.txt (RFC 9309). */
export const robots: RequestHandler = (_req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/plain' }).end('User-agent: *\nDisallow: /\n');
};
