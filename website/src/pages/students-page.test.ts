import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countOf, linksOf, rowsOf, textOf } from '../../test/html';
import { SIX, type Student } from '../../test/recorded-api';
import { openSite } from '../../test/site';

const MANY = Array.from({ length: 250 }, (_, i): Student => {
  return [`Student ${`${i}`.padStart(3, '0')}`, i % 3 ? 20 : 30];
});

async function pageOf(address: string, students = SIX): Promise<string> {
  const { visit } = await openSite({ students });
  return (await visit.get(address).expect(200)).text;
}

/** The pairs of the chart, as a text browser shows them. */
const chartOf = (html: string) =>
  [...html.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].map(
    ([, age = '', students = '']) => `${textOf(age)}: ${textOf(students)}`,
  );

test('GET / shows the title and a form with the button, and needs no API', async () => {
  const { visit, endApi } = await openSite();
  endApi();
  const { headers, text } = await visit.get('/').expect(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(text).toContain('<title>Student Checking App</title>');
  expect(text).toContain('<h1>Student Checking App</h1>');
  const button = '<button type="submit">List Student</button>';
  expect(text.replace(/>\s+</g, '><')).toContain(`<form action="/students">${button}</form>`);
});

test('POST / and GET /students show each student with the age, and a chart', async () => {
  const { visit } = await openSite();
  for (const ask of [
    visit.post('/').type('form').send({ name: 'x', page: '7' }),
    visit.post('/?name=x'),
    visit.get('/students'),
  ]) {
    const { text } = await ask.expect(200);
    expect(rowsOf(text)).toEqual(SIX.map(([name, age]) => [name, `${age} years old`]));
    expect(countOf(text)).toBe('6 students');
    expect(text).toContain('<title>Students – Student Checking App</title>');
    expect(text).not.toContain('<nav');
    expect(chartOf(text)).toEqual(['20: 3 students', '21: 1 student', '23: 2 students']);
    expect(text).toContain('<p class="ages">aged 20 to 23, median 20.5</p>');
  }
});

test('an empty list is a sentence, and two ways to begin', async () => {
  const text = await pageOf('/students', []);
  expect(text).toContain('There is nobody on the list yet.');
  expect(countOf(text)).toBe('0 students');
  expect(text).not.toMatch(/<table|<svg|<form|class="ages"/);
  expect(linksOf(text, /^Add the first student$/)).toEqual(['/manage']);
  expect(linksOf(text, /^Paste from a spreadsheet$/)).toEqual(['/manage/paste']);
});

describe('the filter', () => {
  test('shows whose name contains it, and how many', async () => {
    const text = await pageOf('/students?name=ME');
    expect(rowsOf(text).map(([name]) => name)).toEqual(['Ahmed', 'Meryem']);
    expect(countOf(text)).toBe('2 of 6 students');
    expect(text).toContain('<title>Students matching “ME” – Student Checking App</title>');
    expect(chartOf(text)).toEqual(['20: 1 student', '23: 1 student']);
    expect(text).toContain('<p class="ages">aged 20 to 23, median 21.5</p>');
  });

  test('is a form that keeps the order and is limited', async () => {
    const text = await pageOf('/students?name=me&sort=age&order=desc&page=2');
    const form = /<form class="filter" action="\/students">(.*?)<\/form>/s.exec(text)?.[1];
    expect(form).toMatch(/<input id="name" [^>]*name="name" value="me" maxlength="200"/);
    expect(form).toContain('<input type="hidden" name="sort" value="age">');
    expect(form).toContain('<input type="hidden" name="order" value="desc">');
    expect(form).not.toContain('name="page"');
    expect(linksOf(text, /^Clear$/)).toEqual(['/students?sort=age&order=desc']);
  });

  test('that matches nobody says so and leads back to all', async () => {
    const text = await pageOf('/students?name=zz&order=desc');
    expect(countOf(text)).toBe('0 of 6 students');
    expect(textOf(text)).toContain('There is no student whose name contains “zz”.');
    expect(linksOf(text, /^Show all students$/)).toEqual(['/students?order=desc']);
    expect(text).not.toMatch(/<table|<svg/);
  });
});

test('the bars lead to those of one age, who are all that is shown, and back', async () => {
  const all = await pageOf('/students?name=m&sort=age&order=desc');
  const [address = ''] = linksOf(all, /^20$/);
  expect(address).toBe('/students?name=m&age=20&sort=age&order=desc');
  const text = await pageOf(address);
  expect(rowsOf(text).map(([name]) => name)).toEqual(['Ahmed', 'Amine', 'Omar']);
  expect(countOf(text)).toBe('3 of 6 students');
  expect(text).toContain('<title>Students aged 20 matching “m” – Student Checking App</title>');
  expect(textOf(text)).toContain('Showing only students aged 20.');
  expect(linksOf(text, /^Show all ages$/)).toEqual(['/students?name=m&sort=age&order=desc']);
  expect(chartOf(text)).toEqual(chartOf(all));
  expect(linksOf(text, /aria-current="true"/)).toEqual([address]);
  expect(linksOf(text, /^Age/)).toEqual(['/students?name=m&age=20&sort=age']);
  expect(linksOf(text, /^Download as CSV$/)).toEqual([address.replace('students', 'students.csv')]);
  expect(text).toContain('<input type="hidden" name="age" value="20">');
  expect(text).not.toContain('class="ages"');
  const many = await pageOf('/students?age=20', MANY);
  expect(linksOf(many, /^Next$/)).toEqual(['/students?age=20&page=2']);
  const none = await pageOf('/students?name=m&age=99');
  expect(textOf(none)).toContain('There is no student aged 99 whose name contains “m”.');
  expect(linksOf(none, /^Show all students$/)).toEqual(['/students']);
});

test('the order is by name at first, and the headings change it', async () => {
  const text = await pageOf('/students?name=a');
  expect(text).toMatch(/<th scope="col" aria-sort="ascending"><a [^>]*>Name/);
  expect(text.match(/aria-sort/g)).toHaveLength(1);
  expect(linksOf(text, /^Name/)).toEqual(['/students?name=a&order=desc']);
  expect(linksOf(text, /^Age/)).toEqual(['/students?name=a&sort=age']);
  const students = Object.entries({ a: 1, b: '007', c: 0 });
  const byAge = await pageOf('/students?sort=age&order=desc', students);
  const ages = ['007 years old', '1 year old', '0 years old']; // each in its own text
  expect(rowsOf(byAge).map(([, age]) => age)).toEqual(ages);
  expect(byAge).toMatch(/<th scope="col" aria-sort="descending"><a [^>]*>Age/);
  expect(linksOf(byAge, /^Age/)).toEqual(['/students?sort=age']);
});

test('the pages have a hundred students each, and are linked, with filter and order', async () => {
  const address = '/students?name=student&sort=age&order=desc';
  const text = await pageOf(`${address}&page=2`, MANY);
  expect(rowsOf(text)).toHaveLength(100);
  expect(countOf(text)).toBe('250 of 250 students');
  expect(text).toContain('<title>Students matching “student”, page 2 of 3 –');
  expect(textOf(text)).toMatch(/Names and ages, 101 to 200/);
  expect(chartOf(text)).toEqual(['20: 166 students', '30: 84 students']);
  for (const before of [/^Previous$/, /^Previous page$/]) {
    expect(linksOf(text, before)).toEqual([address]);
  }
  for (const next of [/^Next$/, /^Next page$/]) {
    expect(linksOf(text, next)).toEqual([`${address}&page=3`]);
  }
  expect(linksOf(text, /"Page \d/)).toEqual([address, `${address}&page=2`, `${address}&page=3`]);
  expect(linksOf(text, /aria-current="page"/)).toEqual([`${address}&page=2`]);
  const last = await pageOf('/students?page=99', MANY);
  expect(rowsOf(last)[0]?.[0]).toBe('Student 200');
  expect(textOf(last)).toMatch(/Names and ages, 201 to 250/);
  expect(linksOf(last, /^Next$/)).toEqual([]);
  expect(linksOf(await pageOf('/students?page=0', MANY), /^Previous$/)).toEqual([]);
});

test('names and filters of any kind are shown as they are, and never become HTML', async () => {
  const { api, visit } = await openSite({ students: [['x', 20]] });
  const parts = ['<', '>', '"', "'", '&', '%', '=', '`', '/', 'b', 'lt;', '#34;', '-', 'é', '🎓'];
  const hostile = fc.string({ unit: fc.constantFrom(...parts), minLength: 1, maxLength: 20 });
  const names = ['<script>alert(1)</script>', '<%= 1 %>', '__proto__', '10', 'سارة'];
  await fc.assert(
    fc.asyncProperty(fc.oneof(hostile, fc.constantFrom(...names)), async (name) => {
      await api.set(name, 20);
      const { text } = await visit.get('/students').query({ name });
      expect(rowsOf(text)).toEqual([[name, '20 years old']]);
      expect(/<bdi>([^<>"']*)<\/bdi>/.test(text)).toBe(true);
      expect(textOf(/<input id="name" [^>]*?value="([^"]*)"/.exec(text)?.[1] ?? '')).toBe(name);
      await api.set(name, null);
      const none = await visit.get('/students').query({ name });
      expect(textOf(/<bdi>([^<>"']*)<\/bdi>/.exec(none.text)?.[1] ?? '')).toBe(name);
    }),
    { numRuns: 25 },
  );
});
