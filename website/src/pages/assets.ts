import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { RequestHandler } from 'express';
import { tagOf } from '#service/entity-tag';
import { codingFor, represent, sendRepresentation } from '#service/representation';

const TYPES = new Map(Object.entries({ '.css': 'text/css', '.svg': 'image/svg+xml' }));

/** For good: its name changes with its content. */
const KEPT = { 'Cache-Control': 'public,max-age=31536000,immutable' };

/** @param folder what the build made of public/: each asset, named after its content, and compressed */
export function assets(folder: string): RequestHandler {
  const all = new Map<string, ReturnType<typeof readAsset>>();
  for (const name of readdirSync(folder)) {
    const type = TYPES.get(extname(name));
    if (type) all.set(`/${name}`, readAsset(join(folder, name), type));
  }
  return (req, res, next) => {
    const asset = all.get(req.path);
    if (asset) sendRepresentation(req, res, asset[codingFor(req, 'br', 'gzip')]);
    else next();
  };
}

function readAsset(file: string, type: string) {
  function read(extension: string, coding = {}) {
    const bytes = readFileSync(`${file}${extension}`);
    return represent(bytes, tagOf(bytes), { 'Content-Type': type, ...coding }, KEPT);
  }
  return {
    identity: read(''),
    gzip: read('.gz', { 'Content-Encoding': 'gzip' }),
    br: read('.br', { 'Content-Encoding': 'br' }),
  };
}
