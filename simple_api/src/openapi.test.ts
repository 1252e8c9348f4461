import { once } from 'node:events';
import { beforeEach, describe, expect, test } from '@jest/globals';
import Ajv from 'ajv/dist/2020';
import type { Express } from 'express';
import request from 'supertest';
import document from '../openapi.json';
import { captureLog } from '../test/captured-log';
import { eventually } from '../test/eventually';
import { holdList } from '../test/held-list';
import { loadText } from '../test/load-text';
import { createApp } from './app';
import { MAX_FAILURES } from './http/failures';
import type { Outcome, Refusal } from './students/change';
import type { SerialisedList } from './students/load';

let app: Express;
let list: SerialisedList | undefined;
let problem: string | undefined;
let readOnly: string | undefined;
let outcome: Outcome | Promise<Outcome>;

beforeEach(async () => {
  list = await loadText('{"Ahmed": "20", "Zoë": 7}');
  problem = undefined;
  readOnly = undefined;
  outcome = { added: 0, changed: 1, removed: 1 };
  const held = holdList(
    () => list,
    () => problem,
  );
  const store = { ...held, whyReadOnly: async () => readOnly, change: async () => outcome };
  const credentials = { API_USERNAME: 'root', API_PASSWORD: 'hush', EDITOR_USERNAME: 'editor' };
  app = createApp(store, credentials, captureLog().logger);
});

type Method = 'get' | 'put' | 'patch' | 'delete';
type Ask = (path: string, method: Method) => request.Test;

const ask: Ask = (path, method) => {
  const req = request(app)[method](path).set('Accept-Encoding', 'identity');
  if (method === 'put') return req.type('json').send('{"age": "21"}');
  if (method === 'patch') return req.type('application/merge-patch+json').send('{"Omar": null}');
  return req;
};
const askSignedIn: Ask = (...args) => ask(...args).auth('root', 'hush');
const refused =
  (refused: Refusal['refused']): Ask =>
  (...args) => {
    outcome = { refused, reason: 'a reason' };
    return askSignedIn(...args);
  };

/** How to get a response of each status that the description has. */
const PROVOKE: Record<
  string,
  (...args: Parameters<Ask>) => request.Test | Promise<request.Response>
> = {
  200: askSignedIn,
  201: (...args) => {
    outcome = { added: 1, changed: 0, removed: 0 };
    return askSignedIn(...args);
  },
  204: askSignedIn,
  304: (...args) => askSignedIn(...args).set('If-None-Match', '*'),
  400: (path, method) =>
    method === 'get' || method === 'delete'
      ? askSignedIn(path, method).set('Host', 'a, b')
      : askSignedIn(path, method).send('{"age": 151}'),
  401: ask,
  404: (path, method) => {
    outcome = { added: 0, changed: 0, removed: 0 };
    return askSignedIn(path.replace('Ahmed', 'nobody'), method);
  },
  405: (...args) => {
    readOnly = 'its folder may not be written';
    return askSignedIn(...args);
  },
  409: refused('full'),
  412: refused('condition'),
  413: (...args) => askSignedIn(...args).send(`{"age": "${'1'.repeat(1024 * 1024)}"}`),
  415: (...args) => askSignedIn(...args).type('text/plain'),
  429: async (...args) => {
    for (let i = 0; i < MAX_FAILURES; i++) await ask(...args).auth('root', 'wrong');
    return ask(...args).auth('root', 'wrong');
  },
  503: async (path, method) => {
    list = undefined;
    if (method !== 'patch') return askSignedIn(path, method);
    const wait = new AbortController();
    outcome = once(wait.signal, 'abort').then(() => ({ added: 0, changed: 0, removed: 0 }));
    const others = Array.from({ length: 10 }, () => askSignedIn(path, method).then());
    const res = await eventually(async () => {
      const res = await askSignedIn(path, method).timeout(200);
      expect(res.status).toBe(503);
      return res;
    });
    wait.abort();
    await Promise.all(others);
    return res;
  },
  507: refused('no space'),
};

const ajv = new Ajv({ allowUnionTypes: true })
  .addVocabulary([...Object.keys(document), 'example'])
  .addSchema(document, 'openapi.json');

/** What is wrong with a value by the schema at a place of the description. */
function mistakes(place: string, value: unknown): unknown {
  const validate = ajv.compile({ $ref: `openapi.json${place}` });
  return validate(value) ? [] : validate.errors;
}

const step = (key: string) => `/${key.replaceAll('/', '~1')}`;

/** The place, and what is there; of a reference where it leads. */
function find(place: string): { place: string; found: Record<string, object> } {
  const keys = place.slice(2).split('/');
  const found = keys.reduce(
    (node: unknown, key) => Object(node)[key.replaceAll('~1', '/')],
    document,
  );
  return '$ref' in Object(found) ? find(Object(found).$ref) : { place, found: Object(found) };
}

const isMethod = (key: string): key is Method => ['get', 'put', 'patch', 'delete'].includes(key);
const described = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { responses }]) =>
    isMethod(method) ? Object.keys(responses).map((status) => [method, path, status] as const) : [],
  ),
);

describe('a response is as the description has it', () => {
  test.each(described)('%s %s, %s', async (method, path, status) => {
    const res = await PROVOKE[status]?.(path.replace('{name}', 'Ahmed'), method);
    if (!res) throw new Error(`nothing leads to ${status}`);
    expect(res.status).toBe(Number(status));

    const { place, found } = find(`#/paths${step(path)}/${method}/responses/${status}`);
    for (const name of Object.keys(found['headers'] ?? {})) {
      const header = find(`${place}/headers/${name}`);
      expect(mistakes(`${header.place}/schema`, res.headers[name.toLowerCase()])).toEqual([]);
    }
    const [type] = Object.keys(found['content'] ?? {});
    expect(res.headers['content-type']).toBe(type);
    if (type === undefined) expect(res.text).toBe('');
    else {
      const body: unknown = type === 'application/json' ? JSON.parse(res.text) : res.text;
      expect(mistakes(`${place}/content${step(type)}/schema`, body)).toEqual([]);
    }
  });

  test('/health/ready, with a problem', async () => {
    problem = 'line 3, column 2: expected an age';
    const { body } = await ask('/health/ready', 'get');
    expect(mistakes('#/components/schemas/Ready', body)).toEqual([]);
  });
});

test('a body that is not as described would be found', () => {
  const list = '#/components/schemas/StudentAges';
  expect(mistakes(list, { student_ages: { Ahmed: 'twenty' } })).not.toEqual([]);
  expect(mistakes('#/components/schemas/Error', {})).not.toEqual([]);
});

test('needs no credentials, and the index names all that it describes', async () => {
  const { list, student, manage, openapi, health } = (await ask('/', 'get')).body;
  expect((await ask(openapi, 'get')).body).toEqual(document);
  const named = [
    list,
    student,
    manage.list,
    manage.student,
    openapi,
    health.live,
    health.ready,
    '/',
  ];
  expect(named.sort()).toEqual(Object.keys(document.paths).sort());
  expect((await ask('/', 'get')).text).toMatch(/^\{\n {2}"list".*\n\}\n$/s);
});
