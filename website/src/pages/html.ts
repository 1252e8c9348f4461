import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { OF_PEOPLE } from './headers';

/** Responds with a page. */
export function sendHtml(
  res: ServerResponse,
  status: number,
  html: Buffer,
  headers: OutgoingHttpHeaders = {},
): void {
  res.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': html.length,
    ...OF_PEOPLE,
    ...headers,
  });
  // As characters, Node.js writes it together with the headers: that is one system call.
  res.end(html.toString('latin1'), 'latin1');
}
