import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/**
 * Responds with a page. A browser may keep it, but must not show it again without asking. It is not for
 * search engines: it names people.
 */
export function sendHtml(
  res: ServerResponse,
  status: number,
  html: Buffer,
  headers: OutgoingHttpHeaders = {},
): void {
  res.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': html.length,
    'Cache-Control': 'private, no-cache',
    'X-Robots-Tag': 'noindex',
    ...headers,
  });
  res.end(html);
}
