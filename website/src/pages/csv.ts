import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isNativeError } from 'node:util/types';
import type { RequestHandler } from 'express';
import type { ApiClient } from '../api/client';
import type { CsvPart } from '../students/students';
import { OF_PEOPLE } from './headers';
import { ask, queryOf } from './routes';

/**
 * Creates the handler of the file with all students that a query asks for. It is made part by part, as
 * fast as the client takes it.
 *
 * @throws ApiError (the handler) when the API does not give the list
 */
export function csv(api: ApiClient): RequestHandler {
  return async (req, res) => {
    const query = queryOf(req);
    const file = await ask(req, api, async (list, isWanted) => {
      const getPart = (start: number) => list.csvPart(query, start, isWanted);
      const first = await getPart(0);
      return first && { first, getPart };
    });
    if (!file) return;
    res.writeHead(200, {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="students.csv"',
      ...OF_PEOPLE,
    });
    if (req.method === 'HEAD') res.end();
    else await send(res, file.first, file.getPart);
  };
}

/**
 * Sends a file. If the list is replaced in the middle of it, the connection is cut, so that the client
 * does not take a half for the whole.
 */
async function send(
  res: ServerResponse,
  first: CsvPart,
  getPart: (start: number) => Promise<CsvPart | undefined>,
): Promise<void> {
  async function* parts() {
    let part: CsvPart | undefined = first;
    yield part.bytes;
    while (part?.next !== undefined) {
      part = await getPart(part.next);
      if (part) yield part.bytes;
      else res.destroy();
    }
  }
  try {
    await pipeline(parts, res);
  } catch (error) {
    // The client has gone, or it was cut off above.
    const code = isNativeError(error) && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
