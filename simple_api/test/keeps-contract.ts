import { expect, test } from '@jest/globals';
import type { StudentStore } from '../src/students/store';
import { BODY, CASES, ROWS, SHIPPED } from './contract';
import { mistakesOf } from './described';
import { ACCOUNTS, MERGE_PATCH, type Method, serve } from './served';

const BASE = '/supmit/api/v1.0';
/** The method and the path that a row of the contract asks for. */
export function targetOf(asked: string): { method: Method; path: string } {
  const [verb = '', target = ''] = asked.split(' ');
  const isBelow = /^\/(get_|students|openapi)/i.test(target);
  return { method: verb.toLowerCase() as Method, path: isBelow ? BASE + target : target };
}

const { EDITOR_PASSWORD, ...NO_EDITOR } = ACCOUNTS;
const cut = (text: string) => text.replace(/(.)\1{40,}/g, '$1…');
const titled = ROWS.map((row) => [cut(`${row[0]} ${JSON.stringify(row[1])}`), row] as const);

/**
 * Holds each row of the contract against the API of a store of the shipped list.
 *
 * @param open opens one, for one test, of the list that a file with this text has
 */
export function keepsContract(open: (text: string) => Promise<StudentStore>): void {
  test.each(titled)('%s', async (_title, row) => {
    const [asked, { by, when, headers = {}, body }, status, is, gives = {}, changed = {}] = row;
    const store = await open(SHIPPED);
    const others = await serve(store);
    const tag = (await others.ask('head', `${BASE}/students`)).headers['etag'] ?? 'none';
    const withTag = (it: unknown) => (typeof it === 'string' ? it.replace('{list}', tag) : it);
    const api = await serve(
      { ...store, ...(when && CASES[when]) },
      when === 'no editor' ? NO_EDITOR : ACCOUNTS,
    );

    const { method, path } = targetOf(asked);
    function send(as: Method) {
      const req = api.ask(as, path, by).set('Accept-Encoding', 'identity');
      req.type(as === 'patch' ? MERGE_PATCH : 'application/json');
      for (const [name, value] of Object.entries(headers)) req.set(name, `${withTag(value)}`);
      return req.serialize((it) => it).send(body);
    }
    const res = await send(method);

    expect([res.status, res.text]).toEqual([status, expect.any(String)]);
    for (const [name, it] of Object.entries(gives)) expect(res.headers[name]).toBe(withTag(it));
    expect(mistakesOf(method, path, res)).toEqual([]);
    if (res.text) expect(res.headers['x-content-type-options']).toBe('nosniff');
    expect(res.headers).not.toHaveProperty('x-powered-by');
    expect(res.headers).not.toHaveProperty('access-control-allow-origin');
    const isJson = res.headers['content-type'] === 'application/json';
    if (isJson) expect(res.text).toBe(`${JSON.stringify(res.body, undefined, 2)}\n`);
    else expect(res.text).toBe(is);
    if (status >= 400) expect(res.body).toMatchObject({ error: expect.any(String) });
    if (status >= 400 && typeof is === 'string') expect(res.body).toEqual({ error: is });
    else if (typeof is === 'string') expect(res.text).toBe(is);
    else if (is !== undefined) expect(res.body).toEqual(is);

    if (method === 'get') {
      const head = await send('head');
      expect([head.status, head.text ?? '']).toEqual([status, '']);
      expect(mistakesOf('head', path, head)).toEqual([]);
      for (const name of ['content-type', 'etag', 'allow', 'retry-after', 'cache-control']) {
        expect(head.headers[name]).toBe(res.headers[name]);
      }
    }
    const after = await others.ask('get', `${BASE}/get_student_ages`);
    expect(after.body.student_ages).toEqual({ ...JSON.parse(SHIPPED), ...changed });
    if (Object.keys(changed).length === 0) expect(after.text).toBe(BODY);
    // Neither credentials nor what is behind a `?` is logged.
    expect(api.lines.join('')).not.toMatch(/hush|aHVza|page=|preview/);
  });
}
