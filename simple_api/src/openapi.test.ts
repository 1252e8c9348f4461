import { beforeEach, describe, expect, test } from '@jest/globals';
import Ajv from 'ajv/dist/2020';
import type { Express } from 'express';
import request from 'supertest';
import document from '../openapi.json';
import { captureLog } from '../test/captured-log';
import { loadText } from '../test/load-text';
import { createApp } from './app';
import { MAX_FAILURES } from './http/failures';
import type { SerialisedList } from './students/load';

let app: Express;
let list: SerialisedList | undefined;
let problem: string | undefined;

beforeEach(async () => {
  list = await loadText('{"Ahmed": "20", "Zoë": 7}');
  problem = undefined;
  const store = { list: () => list, problem: () => problem, opened: Promise.resolve(), close() {} };
  const credentials = { API_USERNAME: 'root', API_PASSWORD: 'root' };
  app = createApp(store, credentials, captureLog().logger);
});

const ask = (path: string) => request(app).get(path).set('Accept-Encoding', 'identity');
const askSignedIn = (path: string) => ask(path).auth('root', 'root');

/** How to get a response of each status that the description has. */
const PROVOKE: Record<string, (path: string) => request.Test | Promise<request.Response>> = {
  200: askSignedIn,
  304: (path) => askSignedIn(path).set('If-None-Match', '*'),
  400: (path) => askSignedIn(path).set('Host', 'a, b'),
  401: ask,
  404: (path) => askSignedIn(path.replace('Ahmed', 'nobody')),
  429: async (path) => {
    for (let i = 0; i < MAX_FAILURES; i++) await ask(path).auth('root', 'wrong');
    return ask(path).auth('root', 'wrong');
  },
  503: (path) => {
    list = undefined;
    return askSignedIn(path);
  },
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

const described = Object.entries(document.paths).flatMap(([path, { get }]) =>
  Object.keys(get.responses).map((status) => [path, status] as const),
);

describe('a response is as the description has it', () => {
  test.each(described)('%s, %s', async (path, status) => {
    const res = await PROVOKE[status]?.(path.replace('{name}', 'Ahmed'));
    if (!res) throw new Error(`nothing leads to ${status}`);
    expect(res.status).toBe(Number(status));

    const { place, found } = find(`#/paths${step(path)}/get/responses/${status}`);
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
    const { body } = await ask('/health/ready');
    expect(mistakes('#/components/schemas/Ready', body)).toEqual([]);
  });
});

test('a body that is not as described would be found', () => {
  const list = '#/components/schemas/StudentAges';
  expect(mistakes(list, { student_ages: { Ahmed: 'twenty' } })).not.toEqual([]);
  expect(mistakes('#/components/schemas/Error', {})).not.toEqual([]);
});

test('needs no credentials, and the index names all that it describes', async () => {
  const { list, student, openapi, health } = (await ask('/')).body;
  expect((await ask(openapi)).body).toEqual(document);
  const named = [list, student, openapi, health.live, health.ready, '/'];
  expect(named.sort()).toEqual(Object.keys(document.paths).sort());
  expect((await ask('/')).text).toMatch(/^\{\n {2}"list".*\n\}\n$/s);
});
