import type { RequestHandler } from 'express';
import document from '../../openapi.json';
import { sendJson } from '../service/json';

/** Responds with what there is to ask for: a program, or a person, begins here. */
export const index: RequestHandler = (_req, res) =>
  sendJson(res, 200, {
    list: '/supmit/api/v1.0/get_student_ages',
    student: '/supmit/api/v1.0/get_student_ages/{name}',
    openapi: '/supmit/api/v1.0/openapi.json',
    health: { live: '/health/live', ready: '/health/ready' },
  });

/** Responds with the description of all this in the form of OpenAPI 3.1. */
export const openApi: RequestHandler = (_req, res) => sendJson(res, 200, document);
