import { expect, test } from '@jest/globals';
import document from '../openapi.json';
import { ROWS, SHIPPED } from '../test/contract';
import { DESCRIBED, describedPath, mistakesAt } from '../test/described';
import { targetOf } from '../test/keeps-contract';
import { openList } from '../test/opened-list';
import { serve } from '../test/served';
import { isAge } from './students/student';

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

test('a query is 400 exactly where it is not as it is described', () => {
  const parameters = Object.entries(document.components.parameters);
  const places = new Map(
    parameters.map(([key, { name }]) => [name, `#/components/parameters/${key}`]),
  );
  const isMistaken = (asked: string) => {
    const { searchParams } = new URL(targetOf(asked).path, 'http://x');
    return [...searchParams].some(([name, text]) => {
      const value = /^(\d+|true|false)$/.test(text) ? JSON.parse(text) : text;
      const isTwice = searchParams.getAll(name).length > 1;
      return isTwice || mistakesAt(places.get(name) ?? '', value).length > 0;
    });
  };
  const queries = ROWS.filter(([asked]) => asked.includes('/students?'));
  const wrong = queries.filter(([asked, , status]) => isMistaken(asked) !== (status === 400));
  expect(wrong).toEqual([]);
});

test('an age is described exactly as it is taken', () => {
  const body =
    '#/paths/~1supmit~1api~1v1.0~1students~1{name}/put/requestBody/content/application~1json';
  const numbers = Array.from({ length: 1_000 }, (_, i) => i);
  const ages = numbers.flatMap((i) => [i, ...[0, 2, 3, 4].map((it) => `${i}`.padStart(it, '0'))]);
  const valid = ages.filter((age) => mistakesAt(body, { age }).length === 0);
  expect(valid).toEqual(ages.filter(isAge));
});

test('the index names all that is described', async () => {
  const { ask } = await serve(await openList(SHIPPED));
  const { body } = await ask('get', '/');
  expect((await ask('get', body.openapi)).body).toEqual(document);
  const named = [body, body.manage, body.health].flatMap((it) => Object.values<unknown>(it));
  const paths = Object.keys(document.paths).filter((path) => path !== '/');
  expect(named.filter((it) => typeof it === 'string').sort()).toEqual(paths.sort());
});
