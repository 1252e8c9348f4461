import { expect, test } from '@jest/globals';
import document from '../openapi.json';
import { ROWS, SHIPPED } from '../test/contract';
import { DESCRIBED, describedPath, mistakesAt, mistakesOf } from '../test/described';
import { targetOf } from '../test/keeps-contract';
import { openList } from '../test/opened-list';
import { pathOf, serve } from '../test/served';
import { STUDENTS_PATH } from './http/documents';
import { MAX_FAILURES } from './http/failures';

// That a response is as it is described is held against each of the contract.
test('the contract has a response of each kind that is described, but for too many guesses', () => {
  const asked = ROWS.flatMap(([asked, , status]) => {
    const { method, path } = targetOf(asked);
    const methods = method === 'get' ? ['get', 'head'] : [method];
    return methods.map((it) => `${it} ${describedPath(path)} ${status}`);
  });
  const described = DESCRIBED.map(({ method, path, status }) => `${method} ${path} ${status}`);
  const missing = described.filter((it) => !it.endsWith(' 429') && !asked.includes(it));
  expect(missing).toEqual([]);
});

test('too many guesses are responded to as it is described', async () => {
  const { ask } = await serve(await openList(SHIPPED));
  for (let i = 0; i < MAX_FAILURES; i++) await ask('get', STUDENTS_PATH, 'guesser');
  for (const [method, path] of [
    ['get', STUDENTS_PATH],
    ['put', pathOf('Ahmed')],
  ] as const) {
    const res = await ask(method, path, 'guesser');
    expect([res.status, mistakesOf(method, path, res)]).toEqual([429, []]);
  }
});

const queries = ROWS.filter(([asked]) => /\/students\?/.test(asked));
test.each(queries)(
  'of %s the parameters are as they are described, or else it is 400',
  (asked, _sent, status) => {
    const places = new Map(
      Object.entries(document.components.parameters).map(([key, { name }]) => [
        name,
        `#/components/parameters/${key}`,
      ]),
    );
    const { searchParams } = new URL(targetOf(asked).path, 'http://x');
    const isDescribed = [...searchParams].every(([name, text]) => {
      const place = places.get(name);
      const value = /^(\d+|true|false)$/.test(text) ? JSON.parse(text) : text;
      return (
        place && searchParams.getAll(name).length === 1 && mistakesAt(place, value).length === 0
      );
    });
    expect(isDescribed).toBe(status !== 400);
  },
);

test('the index names all that is described', async () => {
  const { ask } = await serve(await openList(SHIPPED));
  const { list, student, manage, openapi, health } = (await ask('get', '/')).body;
  expect((await ask('get', openapi)).body).toEqual(document);
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
});
