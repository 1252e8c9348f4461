import { isUtf8 } from 'node:buffer';
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { parse } from 'basic-auth';
import type { RequestHandler } from 'express';
import createError from 'http-errors';
import type { Config } from '../config';
import { clientNetwork } from '../service/client';
import { createFailureLimit } from './failures';

/** What a client may do: a reader reads the list, an editor changes it as well. */
export type Account = 'reader' | 'editor';

/** What they sign in with (RFC 7617). */
export type Accounts = Pick<Config, `${'API' | 'EDITOR'}_${'USERNAME' | 'PASSWORD'}`>;

/** Whose an `Authorization` header is. */
export type AccountOf = (authorization: string | undefined) => Account | undefined;

/** Why they keep no reader out, in words. */
export function whyInsecure({ API_USERNAME, API_PASSWORD }: Accounts): string | undefined {
  if (API_USERNAME !== 'root' || API_PASSWORD !== 'root') return undefined;
  return 'the credentials are the default ones; set API_USERNAME and API_PASSWORD';
}

/** Why nobody is an editor, in words. */
export function whyNoEditor({ API_PASSWORD, EDITOR_PASSWORD }: Accounts): string | undefined {
  const remedy = 'set EDITOR_USERNAME and EDITOR_PASSWORD to credentials of their own';
  if (!EDITOR_PASSWORD) return `nobody has an account to change it; ${remedy}`;
  if (EDITOR_PASSWORD !== API_PASSWORD) return undefined;
  return `EDITOR_PASSWORD is API_PASSWORD, which the website knows; ${remedy}`;
}

/**
 * How long the function takes tells nothing about the accounts: digests are compared, of both, whatever comes
 * of the first. The last right header of each is recognised by its bytes, likewise: most requests have it, and
 * parsing costs more than all the rest of a short response.
 */
export function createAccountOf(accounts: Accounts): AccountOf {
  const { API_USERNAME, API_PASSWORD, EDITOR_USERNAME, EDITOR_PASSWORD } = accounts;
  const reader = digest(API_USERNAME, API_PASSWORD);
  // Random bytes are nobody's digest.
  const editor = EDITOR_PASSWORD ? digest(EDITOR_USERNAME, EDITOR_PASSWORD) : randomBytes(64);
  const editorIs = whyNoEditor(accounts) === undefined ? 'editor' : 'reader';
  const [ofReader, ofEditor] = [createMemory(), createMemory()];

  return (authorization) => {
    if (authorization === undefined) return undefined;
    const wasReader = ofReader.has(authorization);
    if (ofEditor.has(authorization)) return editorIs;
    if (wasReader) return 'reader';
    const given = parseHeader(authorization);
    if (given === undefined) return undefined;
    const digested = digest(given.name, given.pass);
    const isReader = timingSafeEqual(digested, reader);
    const isEditor = timingSafeEqual(digested, editor);
    if (isReader) ofReader.keep(authorization);
    if (isEditor) ofEditor.keep(authorization);
    if (isEditor) return editorIs;
    return isReader ? 'reader' : undefined;
  };
}

/** Of each, so that no other pair has the same. */
function digest(name: string, password: string): Buffer {
  return Buffer.concat([hash('sha256', name, 'buffer'), hash('sha256', password, 'buffer')]);
}

/** The text should be UTF-8; some clients send Latin-1. */
function parseHeader(authorization: string): ReturnType<typeof parse> {
  const given = parse(authorization);
  if (given === undefined) return undefined;
  const bytes = Buffer.from(authorization.trim().slice('Basic '.length), 'base64');
  if (isUtf8(bytes)) return given;
  return parse(`Basic ${Buffer.from(bytes.toString('latin1')).toString('base64')}`);
}

/** Keeps an ASCII header, as all are that can be parsed; how long a comparison takes depends on it alone. */
function createMemory() {
  let kept: Buffer | undefined;
  let given = Buffer.alloc(0);
  return {
    keep(header: string): void {
      kept = Buffer.from(header);
      given = Buffer.alloc(kept.length);
    },
    has(header: string): boolean {
      if (kept === undefined) return false;
      // What does not fit is left out, and a character that fits only in part: hence the zeros.
      given.fill(0).write(header);
      return timingSafeEqual(given, kept) && header.length === kept.length;
    },
  };
}

/** RFC 7617, 2.1. */
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Authentication Required", charset="UTF-8"' };

/**
 * Lets both accounts through. A request without credentials is no guess: many clients send them only when they
 * are asked (RFC 9110, 11.4). Right ones are never refused, because others may share the address of whoever
 * guesses; behind a published port of Docker all may.
 *
 * @throws HttpError (the middleware) 401, or 429 with `Retry-After` after too many wrong guesses
 */
export function requireCredentials(accountOf: AccountOf): RequestHandler {
  const countFailure = createFailureLimit();

  return ({ headers: { authorization }, socket }, _res, next) => {
    if (accountOf(authorization)) return next();
    if (authorization !== undefined) {
      const wait = countFailure(clientNetwork(socket));
      const headers = { 'Retry-After': String(wait) };
      if (wait > 0) throw createError(429, 'Too many failed attempts', { headers });
    }
    throw createError(401, 'Unauthorized access', { headers: CHALLENGE });
  };
}

/** Lets the editor through. @throws HttpError (the middleware) 403 for the reader */
export function requireEditor(accountOf: AccountOf): RequestHandler {
  return ({ headers: { authorization } }, _res, next) => {
    if (accountOf(authorization) === 'editor') return next();
    throw createError(403, 'These credentials may read the list, not change it');
  };
}
