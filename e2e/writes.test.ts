import { chmod, chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Age, apiAt, READER, runApi } from './api';
import { docker, exec } from './docker';
import { eventually } from './eventually';
import { OWNER, type Stack, startStack } from './stack';

const GOOD = '{\n  "Ahmed": "20",\n  "Sara": "23"\n}\n';
const TWO = { Ahmed: '20', Sara: '23' };

let stack: Stack;
beforeAll(async () => {
  stack = await startStack('writes');
});
afterAll(() => stack?.down());

beforeEach(async () => {
  await edit(GOOD);
  await eventually(async () => expect(await stack.getAges()).toEqual(TWO));
});

/** Writes a file as whoever the list belongs to. */
async function edit(content: string, file = stack.list): Promise<void> {
  await writeFile(file, content);
  await chown(file, OWNER.uid, OWNER.gid);
}

const text = () => readFile(stack.list, 'utf8');
const refused = (status: number, reason: string) => ({
  status,
  body: { error: expect.stringContaining(reason) },
});

/** When something was asked and when it was answered, in ms. */
interface Asked {
  readonly sent: number;
  answered: number;
}

test('fifty clients write 2,000 times: each read shows a whole state, and the last writes before it', async () => {
  const NAMES = Array.from({ length: 14 }, (_, i) => `one ${i}`);
  /** Of each name, when each age was written: 0, 1, 2 and so on. */
  const written = new Map<string, Asked[]>();
  let [count, isOver] = [0, false];
  async function timed<T>(ask: () => Promise<T>, asked: Asked): Promise<T> {
    const response = await ask();
    asked.answered = performance.now();
    return response;
  }
  const begin = (): Asked => ({ sent: performance.now(), answered: Number.POSITIVE_INFINITY });
  /** The tenth client and those after it write one name at a time, the others two. */
  async function write(client: number): Promise<void> {
    while (count < 2_000) {
      const pair = client < 9 && count % 6;
      const name = pair === false ? `${NAMES[count % NAMES.length]}` : `left ${pair}`;
      count++;
      const [asked, writes] = [begin(), written.get(name) ?? []];
      const age = writes.length;
      written.set(name, [...writes, asked]);
      const ask = () =>
        pair === false
          ? stack.put(name, age)
          : stack.patch({ [name]: age, [`right ${pair}`]: age });
      expect([200, 201]).toContain((await timed(ask, asked)).status);
    }
  }
  const reads: { ages: Record<string, Age>; asked: Asked }[] = [];
  async function read(): Promise<void> {
    const asked = begin();
    reads.push({ ages: await timed(stack.getAges, asked), asked });
  }
  const readers = Array.from({ length: 4 }, async () => {
    while (!isOver) await read();
  });
  await Promise.all(Array.from({ length: 50 }, (_, client) => write(client))).finally(() => {
    isOver = true;
  });
  await Promise.all(readers);
  await read(); // the end
  expect(JSON.parse(await text())).toEqual(reads.at(-1)?.ages);
  console.log(`${count} writes, ${reads.length} reads`);

  for (const { ages, asked } of reads) {
    for (let pair = 0; pair < 6; pair++) expect(ages[`left ${pair}`]).toBe(ages[`right ${pair}`]);
    for (const [name, writes] of written) {
      const age = ages[name];
      const shown = age === undefined ? { sent: 0, answered: 0 } : writes[Number(age)];
      const isOld = writes.some(
        ({ sent, answered }) => shown && shown.answered < sent && answered < asked.sent,
      );
      if (!shown || shown.sent > asked.answered || isOld)
        throw new Error(`${name} is ${age} when it cannot be`);
    }
  }
});

test('of ten who race for one student, a condition lets exactly one through, each time', async () => {
  const race = async (ask: (i: number) => Promise<{ status: number }>) =>
    (await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i))))
      .map(({ status }) => status)
      .sort();
  for (let round = 0; round < 20; round++) {
    const { etag } = await stack.ask('/students/Ahmed');
    const condition = { 'If-Match': etag };
    const statuses = await race((i) => stack.put('Ahmed', 10 * (round % 2) + i, condition));
    expect(statuses).toEqual([200, ...Array(9).fill(412)]);
  }
  const statuses = await race((i) => stack.put('Zoë', i, { 'If-None-Match': '*' }));
  expect(statuses).toEqual([201, ...Array(9).fill(412)]);
});

test('what was previewed is saved if the list is still the same, and not after an edit by hand', async () => {
  const preview = () => stack.patch({ Zoë: 7 }, {}, '?preview=true');
  const before = await preview();
  expect(before.body).toEqual({
    added: 1,
    changed: 0,
    removed: 0,
    students: [{ name: 'Zoë', age: 7, was: null }],
  });
  expect(before.etag).toBe((await stack.ask('/students')).etag);
  const edited = GOOD.replace('23', '24');
  await edit(edited);
  expect(await stack.patch({ Zoë: 7 }, { 'If-Match': before.etag })).toMatchObject(
    refused(412, 'The list has changed meanwhile'),
  );
  expect(await text()).toBe(edited);
  const { etag } = await preview();
  expect(etag).not.toBe(before.etag);
  expect((await stack.patch({ Zoë: 7 }, { 'If-Match': etag })).status).toBe(200);
  await edit(GOOD); // the same bytes are the same version
  await eventually(async () => expect((await stack.ask('/students')).etag).toBe(before.etag));
});

test('edits by hand and writes go together, and a write does not touch an edit that is not complete', async () => {
  const expected: Record<string, Age> = { ...TWO };
  for (let i = 0; i < 20; i++) {
    expected[`by API ${i}`] = i;
    expect((await stack.put(`by API ${i}`, i)).status).toBe(201);
    // As editors do it, in turn; the next write comes before the API has looked at the file.
    expected[`by hand ${i}`] = i;
    const edited = (await text()).replace('\n}', `,\n  "by hand ${i}": ${i}\n}`);
    await edit(edited, i % 2 ? stack.list : `${stack.list}~`);
    if (i % 2 === 0) await rename(`${stack.list}~`, stack.list);
  }
  expect((await stack.remove('Sara')).status).toBe(204);
  delete expected['Sara'];
  expect(JSON.parse(await text())).toEqual(expected);
  expect(await stack.getAges()).toEqual(expected);

  const halfway = (await text()).replace('\n}', ',\n  "Omar": ');
  await edit(halfway);
  expect(await stack.put('Zoë', 7)).toMatchObject(refused(409, 'student_age.json, line'));
  expect(await text()).toBe(halfway);
  expect(await stack.getAges()).toEqual(expected);
  await edit(`${halfway}1\n}\n`);
  expect((await stack.put('Zoë', 7)).status).toBe(201);
  expect(await stack.getAges()).toEqual({ ...expected, Omar: 1, Zoë: 7 });
});

test('while the file is gone, nothing is written; it is served on, and changed when it is back', async () => {
  await rm(stack.list);
  expect(await stack.put('Zoë', 7)).toMatchObject(refused(409, 'is missing'));
  expect(await stack.getAges()).toEqual(TWO);
  await edit(GOOD);
  expect((await stack.put('Zoë', 7)).status).toBe(201);
});

test('once the folder may not be written, the list is read-only, until it may be again', async () => {
  try {
    const forbidding = sleep(100).then(() => chmod(stack.data, 0o555));
    let last = 0;
    while (last < 150 && (await stack.put('Zoë', last + 1)).status < 300) last++;
    await forbidding;
    const res = await stack.put('Zoë', 0);
    expect(res).toMatchObject(refused(405, `user ${OWNER.uid} may not change /data`));
    expect(res.allow).toBe('GET, HEAD, OPTIONS');
    expect(JSON.parse(await text())).toEqual({ ...TWO, Zoë: last });
  } finally {
    await chmod(stack.data, 0o755);
  }
  expect((await stack.put('Zoë', 0)).status).toBe(200);
});

test('what was written is there after down and up', async () => {
  const ages = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`Student ${i}`, i]));
  expect((await stack.patch(ages)).body).toEqual({ added: 30, changed: 0, removed: 0 });
  await stack.compose('down');
  await stack.compose('up', '--detach', '--wait');
  expect(await stack.getAges()).toEqual({ ...TWO, ...ages });
});

test('with a full disk, nothing is changed and nothing is lost', async () => {
  const api = await runApi('full', ['--tmpfs', '/data:size=128k,uid=1000,gid=1000']);
  try {
    const inside = (command: string) => exec(api.container, 'sh', '-c', command);
    await inside('echo "{}" > /data/student_age.json');
    await eventually(async () => expect(await api.getAges()).toEqual({}));
    const ages: Record<string, Age> = {};
    for (let i = 0; ; i++) {
      const names = Array.from({ length: 100 }, (_, j) => `Student ${i}.${j}`);
      const more = Object.fromEntries(names.map((name) => [name, 20]));
      const res = await api.patch(more);
      if (res.status !== 200) {
        expect(res).toMatchObject(refused(507, 'no space left'));
        break;
      }
      Object.assign(ages, more);
    }
    expect(Object.keys(ages).length).toBeGreaterThan(1_000);
    expect(await api.getAges()).toEqual(ages);
    expect(JSON.parse(await inside('cat /data/student_age.json'))).toEqual(ages);
    expect(await inside('ls -A /data')).toBe('student_age.json\n');
    // A shorter list has room, and so has the longer one then.
    const some = Object.keys(ages).slice(0, 500);
    const less = Object.fromEntries(some.map((name) => [name, null]));
    expect((await api.patch(less)).body).toEqual({ added: 0, changed: 0, removed: 500 });
    expect((await api.put('Zoë', 7)).status).toBe(201);
  } finally {
    await api.discard();
  }
});

test('a reader changes nothing', async () => {
  const reader = apiAt(stack.api, READER);
  for (const ask of [reader.put('Zoë', 7), reader.remove('Sara'), reader.patch({ Sara: null })]) {
    expect(await ask).toMatchObject(refused(403, 'may read the list, not change it'));
  }
  expect(await stack.getAges()).toEqual(TWO);
});

test.each([
  ['the file alone is mounted', ['/student_age.json', ''], {}, '/data/student_age.json is mounted'],
  ['a folder is mounted read-only', ['', ':ro'], {}, '/data is mounted read-only'],
  ['there is no editor', ['', ''], { EDITOR_PASSWORD: '' }, 'nobody has an account to change it'],
  [
    'the editor’s password is the website’s',
    ['', ''],
    { EDITOR_PASSWORD: READER.password },
    'EDITOR_PASSWORD is API_PASSWORD',
  ],
])(
  'where %s, the list is read-only, and log and response say why',
  async (_, [path, mode], env, reason) => {
    const volume = `${stack.data}${path}:/data${path}${mode}`;
    const options = ['--user', `${OWNER.uid}:${OWNER.gid}`, '--volume', volume];
    const api = await runApi('read-only', options, env);
    try {
      const reader = apiAt(api.url, READER);
      expect(await reader.put('Zoë', 7)).toMatchObject(refused(405, reason));
      expect((await docker(['logs', api.container])).stdout).toContain(reason);
      expect(await reader.getAges()).toEqual(TWO);
    } finally {
      await api.discard();
    }
  },
);
