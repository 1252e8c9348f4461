import type { RequestHandler } from 'express';
import createError from 'http-errors';

/**
 * Refuses what a page of another site makes a browser send, which adds the visitor's credentials. What
 * is no browser has neither header, and nobody's credentials but its own.
 *
 * @throws HttpError 403
 */
export const sameSite: RequestHandler = ({ headers }, _res, next) => {
  // A proxy may pass on another host, and the browser's own beside it, which no page can forge.
  const { origin, host, 'x-forwarded-host': asked = host, 'sec-fetch-site': site } = headers;
  const own = [undefined, `http://${asked}`, `https://${asked}`];
  // Browsers send Sec-Fetch-Site to HTTPS and to localhost alone.
  const isOwn = site ? site === 'same-origin' || site === 'none' : own.includes(origin);
  if (!isOwn) throw createError(403, 'Request from another site');
  next();
};
