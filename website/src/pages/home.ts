import type { RequestHandler } from 'express';
import { sendHtml } from './html';
import { renderView } from './views';

/** Responds with the first page: the title and the button. */
export const home: RequestHandler = async (req, res) => {
  sendHtml(res, 200, await renderView(req.app, 'home', {}));
};
