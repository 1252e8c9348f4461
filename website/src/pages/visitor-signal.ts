import type { ServerResponse } from 'node:http';

/** Whoever asked has gone. */
export class VisitorLeft extends Error {
  override readonly name = 'VisitorLeft';
}

/** Creates the signal that is aborted, with VisitorLeft, when nobody waits for a response any more. */
export function signalOf(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const leave = () => controller.abort(new VisitorLeft());
  if (res.closed) leave();
  else res.once('close', leave);
  return controller.signal;
}
