import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { RequestHandler } from 'express';
import { codingFor, representBoth, sendRepresentation } from '#service/representation';

const TYPES = new Map(Object.entries({ '.css': 'text/css', '.svg': 'image/svg+xml' }));

/** For good: its name changes with its content. */
const KEPT = { 'Cache-Control': 'public,max-age=31536000,immutable' };

/** @param folder what the build made of public/: each asset, named after its content */
export function assets(folder: string): RequestHandler {
  const all = new Map<string, ReturnType<typeof representBoth>>();
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    const type = { 'Content-Type': TYPES.get(extname(name)) };
    all.set(`/${name}`, representBoth(bytes, type, KEPT));
  }
  return async (req, res, next) => {
    const asset = await all.get(req.path);
    if (asset) sendRepresentation(req, res, asset[codingFor(req)]);
    else next();
  };
}
