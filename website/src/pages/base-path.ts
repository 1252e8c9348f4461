import type { RequestHandler } from 'express';

/**
 * Creates the middleware that takes the base path off the addresses that have it: a proxy may do that,
 * or may leave it to the website.
 *
 * @param basePath without a slash at the end
 */
export function stripBasePath(basePath: string): RequestHandler {
  return (req, _res, next) => {
    if (req.url.startsWith(`${basePath}/`)) req.url = req.url.slice(basePath.length);
    next();
  };
}
