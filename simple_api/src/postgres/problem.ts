import { isNativeError } from 'node:util/types';
import { DatabaseError } from 'pg';
import { NoListError } from '../students/store';

const SILENT = 'it does not respond';
const ENDED = 'it has ended the connection';
const NOT_SENT = 'Client has encountered a connection error and is not queryable';

/** What is said of an error that has this code (PostgreSQL, appendix A; Node.js), or this message of pg's. */
const WORDS: Readonly<Record<string, string>> = {
  '25006': 'it takes no changes',
  '28000': 'it refuses the user, or wants TLS',
  '28P01': 'it refuses the user name or the password',
  '3D000': 'there is none of that name on the server',
  '3F000': 'it has no schema that its user may use',
  '42P01': 'a table of the list is missing',
  '42501': 'its user may not do that, and must own it',
  '53100': 'its disk is full',
  '53300': 'it has too many connections',
  '57P01': ENDED,
  '57P02': ENDED,
  '57P03': 'it is starting or stopping',
  ENOENT: 'the file of sslrootcert is missing',
  ENOTFOUND: 'there is no such server',
  EAI_AGAIN: 'there is no such server',
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: ENDED,
  'Connection terminated unexpectedly': ENDED,
  [NOT_SENT]: ENDED,
  EHOSTUNREACH: SILENT,
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string': 'it wants a password',
  'timeout expired': SILENT,
  'Query read timeout': SILENT,
};

/** It works, but has no time for this. */
const BUSY = /^(53...|57014|55P03|40001|40P01|timeout exceeded when trying to connect)$/;

/** What pg says without a code. */
const OF_CONNECTION = /connect|timeout|closed|SSL|SASL|sslmode/i;

/** A statement that is wrong; not where a table or a right is missing. */
const WRONG = /^(0A|22|23|42(?!501|P01))...$/;

/** The code of an error; the message of one of pg's that has none; empty for others. */
export function codeOf(error: unknown): string {
  if (!isNativeError(error)) return '';
  if ('code' in error) return `${error.code}`;
  return OF_CONNECTION.test(error.message) ? error.message : '';
}

/** Whether it is only this request that the database has no time for. */
export const isBusy = (error: unknown): boolean => BUSY.test(codeOf(error));

/** Whether a statement has certainly done nothing. A session that ends does not tell: a pooler may have lost the answer. */
export const isNotDone = (error: unknown): boolean =>
  error instanceof DatabaseError
    ? /^(?!08|57P|58|XX|25P0[34]).{5}$/.test(codeOf(error))
    : codeOf(error) === NOT_SENT;

/** Why the database cannot be used, in words without a secret; undefined for an error of this program. */
export function whyAway(error: unknown): string | undefined {
  if (error instanceof NoListError) return error.message;
  const code = codeOf(error);
  if (code === '' || WRONG.test(code)) return undefined;
  const why = WORDS[code] ?? (isBusy(error) ? 'it takes too long' : code);
  return `the database cannot be used: ${why}`;
}
