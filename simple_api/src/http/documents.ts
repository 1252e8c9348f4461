import type { RequestHandler } from 'express';
import document from '../../openapi.json';
import { sendJson } from '../service/json';

const BASE = '/supmit/api/v1.0';

/** The path of the list. Clients of the old version use it: the spelling stays. */
export const STUDENT_AGES_PATH = `${BASE}/get_student_ages`;

/** The path of the list for those who change it. */
export const STUDENTS_PATH = `${BASE}/students`;

/** The path of the description of the API. */
export const OPENAPI_PATH = `${BASE}/openapi.json`;

/** Responds with what there is to ask for: a program, or a person, begins here. */
export const index: RequestHandler = (_req, res) =>
  sendJson(res, 200, {
    list: STUDENT_AGES_PATH,
    student: `${STUDENT_AGES_PATH}/{name}`,
    manage: { list: STUDENTS_PATH, student: `${STUDENTS_PATH}/{name}` },
    openapi: OPENAPI_PATH,
    health: { live: '/health/live', ready: '/health/ready' },
  });

/** Responds with the description of all this in the form of OpenAPI 3.1. */
export const openApi: RequestHandler = (_req, res) => sendJson(res, 200, document);
