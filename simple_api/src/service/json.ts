import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** As every JSON body is: indented by two spaces, with a newline at the end. */
export function toJson(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Express's own `res.json` would add a charset, which JSON has not (RFC 8259, 11), and a weak entity tag. */
export function sendJson(
  res: ServerResponse,
  status: number,
  value: object,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = toJson(value);
  res.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  res.end(body);
}
