import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import request from 'supertest';
import { apiOf } from '../../test/api-of';
import { captureLog } from '../../test/captured-log';
import { holdStudents } from '../../test/held-students';
import { countOf, linksOf, rowsOf, textOf } from '../../test/html';
import { SIX } from '../../test/scripted-api';
import { createApp } from '../app';
import type { Student, StudentList } from '../students/list';

const site = (list: StudentList = SIX) => {
  const getStudents = async () => holdStudents(list);
  return request(createApp({ api: apiOf(getStudents), logger: captureLog().logger }));
};

const MANY: StudentList = Array.from(
  { length: 250 },
  (_, i): Student => [`Student ${String(i).padStart(3, '0')}`, i % 3 ? 20 : 30],
);

describe('GET /', () => {
  test('shows the title and a form with the button', async () => {
    const { status, headers, text } = await site().get('/');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(text).toContain('<title>Student Checking App</title>');
    expect(text).toMatch(/<h1>Student Checking App<\/h1>/);
    expect(text).toMatch(
      /<form action="\/students">\s*<button type="submit">List Student<\/button>\s*<\/form>/,
    );
  });

  test('needs no API', async () => {
    const api = apiOf(() => Promise.reject(new Error('not asked')));
    await request(createApp({ api, logger: captureLog().logger }))
      .get('/')
      .expect(200);
  });
});

describe('POST / and GET /students show', () => {
  const ways = {
    'POST /': () => site().post('/').type('form').send({ name: 'x', page: '7' }),
    'POST / with a query': () => site().post('/?name=x'),
    'GET /students': () => site().get('/students'),
  };

  test.each(Object.entries(ways))('each student with the age, by %s', async (_name, ask) => {
    const { text } = await ask().expect(200);
    expect(rowsOf(text)).toEqual(SIX.map(([name, age]) => [name, `${age} years old`]));
    expect(countOf(text)).toBe('6 students');
  });

  test('a chart of the ages', async () => {
    const { text } = await site().post('/');
    expect(text).toMatch(
      /<svg [^>]*role="img" aria-label="Number of students of each age\. 20 years: 3; 21 years: 1; 23 years: 2\.">/,
    );
    expect(text.match(/<rect /g)).toHaveLength(3);
  });

  test('every age in the same words and in its own text', async () => {
    const { text } = await site([
      ['a', 1],
      ['b', '007'],
      ['c', 0],
    ]).get('/students');
    expect(rowsOf(text).map(([, age]) => age)).toEqual([
      '1 year old',
      '007 years old',
      '0 years old',
    ]);
  });

  test('a sentence instead of an empty list', async () => {
    const { text } = await site([]).get('/students').expect(200);
    expect(text).toContain('There is nobody on the list yet.');
    expect(countOf(text)).toBe('0 students');
    expect(text).not.toMatch(/<table|<svg|<form/);
  });

  test('one student as one', async () => {
    const { text } = await site([['Ahmed', 20]]).get('/students');
    expect(countOf(text)).toBe('1 student');
  });
});

test('a list that fits on a page has a plain title', async () => {
  const { text } = await site().get('/students');
  expect(text).toContain('<title>Students – Student Checking App</title>');
});

describe('the filter', () => {
  test('shows whose name contains it, and how many', async () => {
    const { text } = await site().get('/students?name=ME');
    expect(rowsOf(text).map(([name]) => name)).toEqual(['Ahmed', 'Meryem']);
    expect(countOf(text)).toBe('2 of 6 students');
    expect(text).toContain(
      'aria-label="Number of students of each age. 20 years: 1; 23 years: 1."',
    );
  });

  test('is a form that keeps the order and is limited', async () => {
    const { text } = await site().get('/students?name=me&sort=age&order=desc&page=2');
    const form = /<form class="filter" action="\/students">(.*?)<\/form>/s.exec(text)?.[1];
    expect(form).toMatch(/<label for="name">/);
    expect(form).toMatch(/<input id="name" [^>]*name="name" value="me" maxlength="200"/);
    expect(form).toContain('<input type="hidden" name="sort" value="age">');
    expect(form).toContain('<input type="hidden" name="order" value="desc">');
    expect(form).not.toContain('name="page"');
    expect(linksOf(text, /^Clear$/)).toEqual(['/students?sort=age&order=desc']);
  });

  test('that matches nobody says so and leads back to all', async () => {
    const { text } = await site().get('/students?name=%3Cb%3E&order=desc').expect(200);
    expect(countOf(text)).toBe('0 of 6 students');
    expect(textOf(text)).toContain('No student’s name contains “<b>”.');
    expect(linksOf(text, /^Show all students$/)).toEqual(['/students?order=desc']);
    expect(text).not.toMatch(/<table|<svg|<b>/);
  });
});

describe('the order', () => {
  test('is by name at first, and the headings change it', async () => {
    const { text } = await site().get('/students?name=a');
    expect(text).toMatch(/<th scope="col" aria-sort="ascending"><a [^>]*>Name/);
    expect(text.match(/aria-sort/g)).toHaveLength(1);
    expect(linksOf(text, /^Name/)).toEqual(['/students?name=a&order=desc']);
    expect(linksOf(text, /^Age/)).toEqual(['/students?name=a&sort=age']);
  });

  test('by age is that of numbers', async () => {
    const list: StudentList = [
      ['a', '100'],
      ['b', 9],
      ['c', '20'],
    ];
    const { text } = await site(list).get('/students?sort=age&order=desc');
    expect(rowsOf(text).map(([name]) => name)).toEqual(['a', 'c', 'b']);
    expect(text).toMatch(/<th scope="col" aria-sort="descending"><a [^>]*>Age/);
    expect(linksOf(text, /^Age/)).toEqual(['/students?sort=age']);
  });
});

describe('the pages', () => {
  test('have a hundred students each', async () => {
    const { text } = await site(MANY).get('/students?page=2');
    const rows = rowsOf(text);
    expect(rows).toHaveLength(100);
    expect(rows[0]?.[0]).toBe('Student 100');
    expect(countOf(text)).toBe('250 students');
    expect(textOf(text)).toMatch(/Names and ages, 101 to 200/);
    expect(text).toContain('20 years: 166; 30 years: 84');
  });

  test('are linked, with filter and order', async () => {
    const { text } = await site(MANY).get('/students?name=student&sort=age&order=desc&page=2');
    const address = '/students?name=student&sort=age&order=desc';
    expect(text).toContain('<nav class="pages" aria-label="Pages">');
    expect(linksOf(text, /^Previous$/)).toEqual([address]);
    expect(linksOf(text, /^Next$/)).toEqual([`${address}&page=3`]);
    expect(linksOf(text, /Page \d/)).toEqual([address, `${address}&page=2`, `${address}&page=3`]);
    expect(linksOf(text, /aria-current="page"/)).toEqual([`${address}&page=2`]);
  });

  test('end where the students end', async () => {
    const last = await site(MANY).get('/students?page=99').expect(200);
    expect(rowsOf(last.text).map(([name]) => name)[0]).toBe('Student 200');
    expect(linksOf(last.text, /^Next$/)).toEqual([]);
    const first = await site(MANY).get('/students?page=0').expect(200);
    expect(linksOf(first.text, /^Previous$/)).toEqual([]);
  });

  test('are not mentioned when there is one', async () => {
    const { text } = await site().get('/students');
    expect(text).not.toContain('<nav');
  });

  test('that are many are not all linked', async () => {
    const list = Array.from(
      { length: 2_000 },
      (_, i): Student => [String(i).padStart(4, '0'), i % 60],
    );
    const { text } = await site(list).get('/students?page=10');
    expect(
      textOf(/<ol>(.*?)<\/ol>/s.exec(text)?.[1] ?? '')
        .split(/\s+/)
        .filter(Boolean),
    ).toEqual(['1', '…', '9', '10', '11', '…', '20']);
    expect(countOf(text)).toBe('2,000 students');
  });
});

describe('names that attack', () => {
  const names = [
    '"><script>alert(1)</script>',
    "' onload='alert(1)",
    '&lt;b&gt;',
    '10',
    '9',
    '<%= 1 %>',
    '__proto__',
    'constructor',
    'n'.repeat(200),
    'سارة',
    '🎓',
  ];

  test('are shown as they are', async () => {
    const { text } = await site(names.map((name) => [name, 20])).get('/students');
    expect(
      rowsOf(text)
        .map(([name]) => name)
        .sort(),
    ).toEqual(names.toSorted());
    expect(text).not.toContain('<script');
    expect(text).toContain('<bdi>سارة</bdi>');
  });

  test('are found by a filter that is as hostile', async () => {
    const list = names.map((name): Student => [name, 20]);
    for (const name of names) {
      const { text } = await site(list).get('/students').query({ name });
      expect(rowsOf(text).map(([found]) => found)).toContain(name);
      const value = /<input id="name" [^>]*?value="([^"]*)"/.exec(text)?.[1] ?? '';
      expect(textOf(value)).toBe(name);
    }
  });

  test('of any kind never become HTML, in the list or in the filter', async () => {
    const parts = ['<', '>', '"', "'", '&', '%', '=', '`', '/', 'b', 'lt;', '#34;', '-', 'é', '🎓'];
    const hostile = fc.string({ unit: fc.constantFrom(...parts), minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (name, other) => {
        const { text } = await site([[name, 20]])
          .get('/students')
          .query({ name });
        expect(rowsOf(text)).toEqual([[name, '20 years old']]);
        expect(/<bdi>([^<>"']*)<\/bdi>/.test(text)).toBe(true);
        const none = await site([['x', 20]])
          .get('/students')
          .query({ name: other });
        expect(textOf(/<bdi>([^<>"']*)<\/bdi>/.exec(none.text)?.[1] ?? '')).toBe(other);
      }),
      { numRuns: 25 },
    );
  });
});

test.each([
  ['?name=42', 'Students matching “42”'],
  ['?page=2', 'Students, page 2 of 3'],
  ['?name=student&sort=age&page=99', 'Students matching “student”, page 3 of 3'],
  ['?name=%3Cb%3E', 'Students matching “&lt;b&gt;”'],
])('the title of /students%s is "%s"', async (query, title) => {
  const { text } = await site(MANY).get(`/students${query}`);
  expect(text).toContain(`<title>${title} – Student Checking App</title>`);
});

test('the chart stands behind the list, for those whose screen has room for one', async () => {
  const { text } = await site().get('/students');
  expect(text.indexOf('<svg class="chart"')).toBeGreaterThan(text.indexOf('</table>'));
});

test('of a list of 100,000, only one page is sent', async () => {
  const list = Array.from(
    { length: 100_000 },
    (_, i): Student => [`Student ${String(i).padStart(6, '0')}`, i % 151],
  );
  const { text } = await site(list).get('/students?name=99&sort=age').expect(200);
  expect(rowsOf(text)).toHaveLength(100);
  expect(text.length).toBeLessThan(50_000);
});

describe('in production, where pages are kept', () => {
  const environment = process.env['NODE_ENV'];
  beforeEach(() => {
    process.env['NODE_ENV'] = 'production';
  });
  afterEach(() => {
    process.env['NODE_ENV'] = environment;
  });

  test('a page shows the list as it is now, and each query its own', async () => {
    let list = holdStudents(SIX);
    const app = createApp({ api: apiOf(async () => list), logger: captureLog().logger });
    const pageOf = async (address: string) => (await request(app).get(address)).text;
    expect(rowsOf(await pageOf('/students'))).toHaveLength(6);
    expect(rowsOf(await pageOf('/students?name=a'))).toHaveLength(5);
    expect(rowsOf(await pageOf('/students'))).toHaveLength(6);
    expect((await request(app).post('/')).text).toBe(await pageOf('/students'));
    list = holdStudents(SIX.slice(0, 2));
    expect(rowsOf(await pageOf('/students'))).toHaveLength(2);
  });
});
