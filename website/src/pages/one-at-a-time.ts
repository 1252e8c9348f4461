import type { RequestHandler } from 'express';

/**
 * Lets a connection have one request under way: those that follow it wait until it is answered, so that
 * who sends many waits for themselves, and nothing is done for a client that is gone.
 */
export const oneAtATime: RequestHandler = (_req, res, next) => {
  // Node.js gives a response its socket when those before it are finished.
  if (res.socket) next();
  else res.once('socket', () => next());
};
