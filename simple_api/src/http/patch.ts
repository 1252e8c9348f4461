import type { RequestHandler } from 'express';
import * as z from 'zod';
import { sendJson } from '../service/json';
import { pause } from '../service/pause';
import type { Change } from '../students/change';
import { readAges } from '../students/json';
import { type Age, isAge } from '../students/student';
import { takeText } from './body';
import { listTag, ofList } from './caching';
import type { Access } from './changes';
import { parameters, readParameters } from './parameters';

/** RFC 7396. */
const MERGE_PATCH = 'application/merge-patch+json';

/** Which patches may be sent (RFC 5789, 3.1). */
export const ACCEPT_PATCH = { 'Accept-Patch': MERGE_PATCH };

/** @throws HttpError (the handler) with the reason when nothing was changed */
export function patchStudents({ change }: Access): RequestHandler {
  return async (req, res) => {
    const isPreview = readParameters(req, PARAMETERS).preview === 'true';
    const ages = await readPatch(takeText(req, MERGE_PATCH, ACCEPT_PATCH));
    const wanted = { ages, unless: ofList(req.headers), isPreview };
    const { added, changed, removed, edits, version } = await change(req, wanted);
    const students = isPreview ? edits : undefined;
    const headers = version === undefined ? {} : { ETag: listTag(version) };
    sendJson(res, 200, { added, changed, removed, students }, headers);
  };
}

const preview = z.enum(['true', 'false'], 'must be true or false').optional();
const PARAMETERS = parameters({ preview });

const isAgeOrNull = (value: unknown): value is Age | null => value === null || isAge(value);

/** @throws JsonError for what is no object of ages */
async function readPatch(text: string): Promise<Change['ages']> {
  const ages = new Map<string, Age | null>();
  for (const { name, value } of readAges(text, isAgeOrNull)) {
    ages.set(name, value);
    await pause();
  }
  return ages;
}
