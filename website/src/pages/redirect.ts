import type { ServerResponse } from 'node:http';

/** Leads to another address. */
export function redirect(res: ServerResponse, status: 302 | 303, address: string): void {
  res.writeHead(status, { Location: address, 'Content-Length': 0 }).end();
}
