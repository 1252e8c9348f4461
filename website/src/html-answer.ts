import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/**
 * HTML in UTF-8, its bytes as the characters of a string: Node.js writes a string together with the
 * headers, in one system call instead of a slower one for both, and need not encode it each time.
 */
export interface EncodedHtml {
  readonly latin1: string;
}

/** Encodes HTML for being sent, once or many times. */
export function encodeHtml(html: string): EncodedHtml {
  return { latin1: Buffer.from(html).toString('latin1') };
}

/** Answers with a page. A browser may keep it, but must not show it again without asking. */
export function sendHtml(
  res: ServerResponse,
  status: number,
  { latin1 }: EncodedHtml,
  headers: OutgoingHttpHeaders = {},
): void {
  res.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': latin1.length,
    'Cache-Control': 'private, no-cache',
    ...headers,
  });
  res.end(latin1, 'latin1');
}
