import type { RequestHandler } from 'express';
import document from '../../openapi.json';
import { sendJson } from '../service/json';

const BASE = '/supmit/api/v1.0';

/** Clients of the old version use it: the spelling stays. */
export const STUDENT_AGES_PATH = `${BASE}/get_student_ages`;

/** For pages, and for those who change the list. */
export const STUDENTS_PATH = `${BASE}/students`;

/** Without credentials. */
export const OPENAPI_PATH = `${BASE}/openapi.json`;

/** A program, or a person, begins here. */
export const index: RequestHandler = (_req, res) =>
  sendJson(res, 200, {
    list: STUDENT_AGES_PATH,
    student: `${STUDENT_AGES_PATH}/{name}`,
    manage: { list: STUDENTS_PATH, student: `${STUDENTS_PATH}/{name}` },
    openapi: OPENAPI_PATH,
    health: { live: '/health/live', ready: '/health/ready' },
  });

/** OpenAPI 3.1. */
export const openApi: RequestHandler = (_req, res) => sendJson(res, 200, document);
