import type { RequestHandler } from 'express';
import createError from 'http-errors';
import * as z from 'zod';
import { sendJson } from '../service/json';
import { createPause } from '../service/pause';
import { JsonError, readAges } from '../students/json';
import type { StudentStore } from '../students/store';
import { type Age, isAge } from '../students/student';
import { takeText } from './body';
import { listTag, ofList } from './caching';
import { change } from './changes';
import { parameters, readParameters } from './parameters';

/** RFC 7396. @throws HttpError (the handler) with the reason when nothing was changed */
export function patchStudents(store: StudentStore): RequestHandler {
  return async (req, res) => {
    const isPreview = readParameters(req, PARAMETERS).preview === 'true';
    const ages = await readPatch(takeText(req, 'application/merge-patch+json'));
    const wanted = { ages, unless: ofList(req.headers), isPreview };
    const { added, changed, removed, edits, version } = await change(store, wanted);
    const counts = { added, changed, removed };
    if (version === undefined) sendJson(res, 200, counts);
    else sendJson(res, 200, { ...counts, students: edits }, { ETag: listTag(version, undefined) });
  };
}

const PARAMETERS = parameters({
  preview: z.enum(['true', 'false'], 'must be true or false').optional(),
});

const isAgeOrNull = (value: unknown): value is Age | null => value === null || isAge(value);

/** @throws HttpError 400 for what is no object of ages */
async function readPatch(text: string): Promise<ReadonlyMap<string, Age | null>> {
  const ages = new Map<string, Age | null>();
  const pause = createPause();
  try {
    for (const { name, value } of readAges(text, isAgeOrNull)) {
      ages.set(name, value);
      await pause();
    }
    return ages;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw createError(400, `Nothing was changed: ${error.message}`);
  }
}
