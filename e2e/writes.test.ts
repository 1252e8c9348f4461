import { chmod, chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Age, runApi } from './api';
import { docker, exec } from './docker';
import { eventually } from './eventually';
import { createStack, OWNER, type Stack } from './stack';

const GOOD = '{\n  "Ahmed": "20",\n  "Sara": "23"\n}\n';

/** How soon a change of the file, or of its folder, is seen, in ms. */
const SOON_MS = 2_000;

let stack: Stack;
beforeAll(async () => {
  stack = await createStack('writes');
  await stack.compose('up', '--detach', '--wait');
});
afterAll(() => stack.down());

beforeEach(async () => {
  await edit(GOOD);
  await eventually(SOON_MS, async () =>
    expect(await stack.getAges()).toEqual({ Ahmed: '20', Sara: '23' }),
  );
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

describe('fifty clients at the same time', () => {
  /** When it was sent and when its response was there, in ms. */
  interface Asked {
    readonly sent: number;
    answered: number;
  }

  /** Each age that there is, as the list tells them apart: 20, "20" and "020". */
  const AGES: readonly Age[] = Array.from({ length: 151 }, (_, age) => age).flatMap((age) => [
    age,
    ...new Set([1, 2, 3].map((digits) => String(age).padStart(digits, '0'))),
  ]);

  /** Of each name, the ages that were written and when; each age once. */
  const written = new Map<string, Map<Age, Asked>>();
  const NAMES = Array.from({ length: 14 }, (_, i) => `one ${i}`);
  const PAIRS = Array.from({ length: 6 }, (_, i) => i);

  async function timed<T>(ask: () => Promise<T>, asked: Asked): Promise<T> {
    const response = await ask();
    asked.answered = performance.now();
    return response;
  }

  test('write 5,000 times: each read shows a whole state, and the last writes before it', async () => {
    let [count, isOver] = [0, false];
    const begin = (): Asked => ({ sent: performance.now(), answered: Number.POSITIVE_INFINITY });
    function next(name: string): [Age, Asked] {
      const ages = written.get(name) ?? new Map<Age, Asked>();
      const [age, asked] = [AGES[ages.size] ?? '', begin()];
      written.set(name, ages.set(age, asked));
      return [age, asked];
    }
    /** The tenth client and those after it write one name at a time, the others two. */
    async function write(_: unknown, client: number): Promise<void> {
      while (count < 5_000) {
        const isPair = client < 9;
        const pair = count % PAIRS.length;
        const name = isPair ? `left ${pair}` : (NAMES[count % NAMES.length] ?? '');
        count++;
        const [age, asked] = next(name);
        const ask = () =>
          isPair ? stack.patch({ [name]: age, [`right ${pair}`]: age }) : stack.put(name, age);
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
    await Promise.all(Array.from({ length: 50 }, write)).finally(() => {
      isOver = true;
    });
    await Promise.all(readers);
    await read(); // the end
    expect(JSON.parse(await text())).toEqual(reads.at(-1)?.ages);
    console.log(`${count} writes, ${reads.length} reads`);
    expect(reads.length).toBeGreaterThan(100);

    for (const { ages, asked } of reads) {
      for (const pair of PAIRS) expect(ages[`left ${pair}`]).toBe(ages[`right ${pair}`]);
      for (const [name, all] of written) expectCurrent([name, ages[name]], all, asked);
    }
  }, 180_000);

  /** Checks that an age was sent before the read's end, and that the read did not come after a later one. */
  function expectCurrent(
    [name, age]: [string, Age | undefined],
    all: Map<Age, Asked>,
    read: Asked,
  ): void {
    const write = age === undefined ? { sent: 0, answered: 0 } : all.get(age);
    const isCurrent =
      write &&
      write.sent < read.answered &&
      ![...all.values()].some((other) => write.answered < other.sent && other.answered < read.sent);
    if (!isCurrent) throw new Error(`${name} is ${age}, which was never sent, or is an old one`);
  }
});

describe('of ten who race for one student', () => {
  const race = async (ask: (i: number) => Promise<{ status: number }>) =>
    (await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i)))).map(({ status }) => status);

  test('If-Match lets exactly one through, each time', async () => {
    for (let round = 0; round < 20; round++) {
      const { headers } = await stack.getStudent('Ahmed');
      const condition = { 'If-Match': headers.get('etag') ?? '' };
      const statuses = await race((i) => stack.put('Ahmed', 10 * (round % 2) + i, condition));
      expect(statuses.sort()).toEqual([200, ...Array(9).fill(412)]);
    }
  });

  test('If-None-Match lets exactly one add them', async () => {
    const statuses = await race((i) => stack.put('Zoë', i, { 'If-None-Match': '*' }));
    expect(statuses.sort()).toEqual([201, ...Array(9).fill(412)]);
  });
});

test('edits by hand and writes go together, and a write does not touch an edit that is not complete', async () => {
  const expected: Record<string, Age> = { Ahmed: '20', Sara: '23' };
  for (let i = 0; i < 20; i++) {
    expected[`by API ${i}`] = i;
    expect((await stack.put(`by API ${i}`, i)).status).toBe(201);
    // As editors do it, in turn; the next write comes before the API has looked at the file.
    expected[`by hand ${i}`] = i;
    const edited = (await text()).replace('\n}', `,\n  "by hand ${i}": ${i}\n}`);
    if (i % 2) await edit(edited);
    else {
      await edit(edited, `${stack.list}~`);
      await rename(`${stack.list}~`, stack.list);
    }
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
  expect(await stack.getAges()).toEqual({ Ahmed: '20', Sara: '23' });
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
    expect(res.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect(JSON.parse(await text())).toEqual({ Ahmed: '20', Sara: '23', Zoë: last });
  } finally {
    await chmod(stack.data, 0o755);
  }
  expect((await stack.put('Zoë', 0)).status).toBe(200);
});

test.each([
  ['down, up', [['down'], ['up']]],
  ['up --force-recreate', [['up', '--force-recreate']]],
])('what was written is there after %s', async (_what, commands) => {
  const ages = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`Student ${i}`, i]));
  expect((await stack.patch(ages)).body).toEqual({ added: 30, changed: 0, removed: 0 });
  for (const [command = '', ...options] of commands) {
    await stack.compose(command, ...options, ...(command === 'up' ? ['--detach', '--wait'] : []));
  }
  expect(await stack.getAges()).toEqual({ Ahmed: '20', Sara: '23', ...ages });
});

test('with a full disk, nothing is changed and nothing is lost', async () => {
  const api = await runApi('full', ['--tmpfs', '/data:size=128k,uid=1000,gid=1000']);
  try {
    const inside = (command: string) => exec(api.container, 'sh', '-c', command);
    await inside('echo "{}" > /data/student_age.json');
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

test.each([
  ['the file alone is mounted', ['/student_age.json', ''], '/data/student_age.json is mounted'],
  ['a folder is mounted read-only', ['', ':ro'], '/data is mounted read-only'],
  ['the credentials are the default ones', ['', ''], 'the credentials are the default ones'],
])('where %s, the list is read-only, and log and response say why', async (_, mount, reason) => {
  const [path, mode] = mount;
  const isDefault = reason.startsWith('the credentials');
  const api = await runApi(
    'read-only',
    ['--user', `${OWNER.uid}:${OWNER.gid}`, '--volume', `${stack.data}${path}:/data${path}${mode}`],
    isDefault ? { username: 'root', password: 'root' } : undefined,
  );
  try {
    const { stdout } = await docker(['logs', api.container]);
    expect(stdout.split(reason)).toHaveLength(2);
    expect(await api.put('Zoë', 7)).toMatchObject(refused(405, reason));
    expect(await api.getAges()).toEqual({ Ahmed: '20', Sara: '23' });
  } finally {
    await api.discard();
  }
});
