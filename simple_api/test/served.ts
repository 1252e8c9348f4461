import request from 'supertest';
import { createApp } from '../src/app';
import { STUDENTS_PATH } from '../src/http/documents';
import { refuseMalformed } from '../src/http/malformed';
import { listen } from '../src/service/server';
import type { StudentStore } from '../src/students/store';
import { captureLog } from './captured-log';
import { closeAfter } from './closing';

export const ACCOUNTS = {
  API_USERNAME: 'root',
  API_PASSWORD: 'hush-read',
  EDITOR_USERNAME: 'editor',
  EDITOR_PASSWORD: 'hush-edit',
};

/** Who asks: the two accounts, somebody who guesses, and somebody without credentials. */
export type Who = keyof typeof CREDENTIALS;
const CREDENTIALS = {
  reader: ['root', 'hush-read'],
  editor: ['editor', 'hush-edit'],
  guesser: ['root', 'hush-wrong'],
  nobody: undefined,
} as const;

export type Method = 'get' | 'head' | 'put' | 'patch' | 'delete' | 'post' | 'options';

/** Serves a store for one test. */
export async function serve(
  store: StudentStore,
  accounts: Parameters<typeof createApp>[1] = ACCOUNTS,
) {
  const { logger, lines } = captureLog();
  const place = { PORT: 0, HOST: '127.0.0.1' };
  const { server, url } = await listen(createApp(store, accounts, logger), place, logger);
  refuseMalformed(server, logger);
  closeAfter(() => server.close().closeAllConnections());
  return {
    url,
    server,
    lines,
    /** Asks for a path as it is written. */
    ask(method: Method, path: string, who: Who = 'editor') {
      const credentials = CREDENTIALS[who];
      const asked = request(url)[method](path);
      return credentials ? asked.auth(credentials[0], credentials[1]) : asked;
    },
  };
}

/** The path of one student. */
export const pathOf = (name: string) => `${STUDENTS_PATH}/${encodeURIComponent(name)}`;

export const MERGE_PATCH = 'application/merge-patch+json';
