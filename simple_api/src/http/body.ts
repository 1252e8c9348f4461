import type { Request } from 'express';
import createError from 'http-errors';

/**
 * Lets go of the body: it may be large, and wait for a while.
 *
 * @param headers of the response to another media type
 * @throws HttpError 415, 400 for no UTF-8
 */
export function takeText(req: Request, mediaType: string, headers: object = {}): string {
  if (!req.is(mediaType)) throw createError(415, `The body must be ${mediaType}`, { headers });
  const bytes: Buffer | undefined = req.body;
  req.body = undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw createError(400, 'The body must be UTF-8');
  }
}
