import type { Readable } from 'node:stream';
import type { RequestHandler } from 'express';
import sirv from 'sirv';

/** @param folder what the build made of public/: each asset, named after its content, and compressed */
export function assets(folder: string): RequestHandler {
  const serve = sirv(folder, {
    brotli: true,
    gzip: true,
    extensions: [],
    etag: true,
    maxAge: 365 * 24 * 60 * 60,
    immutable: true,
  });
  return (req, res, next) => {
    // sirv misreads all other ranges; any range may be ignored (RFC 9110, 14.2).
    const range = /^bytes=(\d+)-([1-9]\d*)?$/.exec(req.headers.range ?? '');
    const [, first, last = Number.POSITIVE_INFINITY] = range ?? [];
    if (!(Number(first) <= Number(last))) delete req.headers.range;
    // It leaves a file open whose client goes away, and nobody hears of one that cannot be read.
    res.once('pipe', (file: Readable) => {
      file.once('error', next);
      res.once('close', () => file.destroy());
    });
    serve(req, res, next);
  };
}
