import { chown, readFile, rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Age, apiAt, READER, withApi } from './api';
import { exec } from './docker';
import { eventually } from './eventually';
import { createHistory } from './history';
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

test('fifty clients write 2,000 times: each read shows a whole state, with all writes before it', async () => {
  await edit('{}');
  await eventually(async () => expect(await stack.getAges()).toEqual({}));
  const history = createHistory();
  const counts = new Map<string, number>();
  let [count, isOver] = [0, false];

  /** The tenth client and those after it write one name at a time, the others two. */
  async function write(client: number): Promise<void> {
    for (let i = count++; i < 2_000; i = count++) {
      const names = client < 9 ? [`left ${i % 6}`, `right ${i % 6}`] : [`one ${i % 14}`];
      const [name = '', other] = names;
      const age = counts.get(name) ?? 0;
      counts.set(name, age + 1);
      await history.write(names, age, async () => {
        const changed = other ? stack.patch({ [name]: age, [other]: age }) : stack.put(name, age);
        expect([200, 201]).toContain((await changed).status);
        return 'done';
      });
    }
  }
  const readers = Array.from({ length: 4 }, async () => {
    while (!isOver) await history.read(stack.getAges);
  });
  await Promise.all(Array.from({ length: 50 }, (_, client) => write(client))).finally(() => {
    isOver = true;
  });
  await Promise.all(readers);
  await history.read(async () => JSON.parse(await text())); // the end
  history.check();
});

test('of ten who race for one student, a condition lets exactly one through, each time', async () => {
  const race = async (ask: (i: number) => Promise<{ status: number }>) => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i)));
    return answers.map(({ status }) => status).sort();
  };
  for (let round = 0; round < 20; round++) {
    const condition = { 'If-Match': (await stack.ask('/students/Ahmed')).etag };
    const statuses = await race((i) => stack.put('Ahmed', 10 * (round % 2) + i, condition));
    expect(statuses).toEqual([200, ...Array(9).fill(412)]);
  }
});

test('what was previewed is saved if the list is the same, and not after an edit by hand', async () => {
  const preview = () => stack.patch({ Zoë: 7 }, {}, '?preview=true');
  const before = await preview();
  expect(before.body.students).toEqual([{ name: 'Zoë', age: 7, was: null }]);
  expect(before.etag).toBe((await stack.ask('/students')).etag);
  const edited = GOOD.replace('23', '24');
  await edit(edited);
  const late = await stack.patch({ Zoë: 7 }, { 'If-Match': before.etag });
  expect(late).toMatchObject(refused(412, 'The list has changed meanwhile'));
  expect(await text()).toBe(edited);
  const { etag } = await preview();
  expect(etag).not.toBe(before.etag);
  expect((await stack.patch({ Zoë: 7 }, { 'If-Match': etag })).status).toBe(200);
  await edit(GOOD); // the same bytes are the same version
  await eventually(async () => expect((await preview()).etag).toBe(before.etag));
});

test('edits by hand and writes go together, and an edit that is not complete is not touched', async () => {
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
  expected['Sara'] = 24;
  expect((await stack.put('Sara', 24)).status).toBe(200);
  const halfway = (await text()).replace('\n}', ',\n  "Omar": ');
  await edit(halfway);
  expect(await stack.put('Zoë', 7)).toMatchObject(refused(409, 'student_age.json, line'));
  expect(await text()).toBe(halfway);
  expect(await stack.getAges()).toEqual(expected);
  await edit(`${halfway}1\n}\n`);
  expect((await stack.put('Zoë', 7)).status).toBe(201);
  expect(await stack.getAges()).toEqual({ ...expected, Omar: 1, Zoë: 7 });
});

test('what was written is there after down and up, and a reader changes none of it', async () => {
  const ages = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`Student ${i}`, i]));
  expect((await stack.patch(ages)).body).toEqual({ added: 30, changed: 0, removed: 0 });
  await stack.compose('down');
  await stack.compose('up', '--detach', '--wait');
  const removed = await apiAt(stack.api, READER).remove('Sara');
  expect(removed).toMatchObject(refused(403, 'may read the list, not change it'));
  expect(await stack.getAges()).toEqual({ ...TWO, ...ages });
});

test('with a full disk, nothing is changed and nothing is lost', () =>
  withApi(['--tmpfs', '/data:size=128k,uid=1000,gid=1000'], async (api) => {
    const inside = (command: string) => exec(api.container, 'sh', '-c', command);
    await inside('echo "{}" > /data/student_age.json');
    await eventually(async () => expect(await api.getAges()).toEqual({}));
    const ages: Record<string, Age> = {};
    for (let i = 0; ; i++) {
      const names = Array.from({ length: 100 }, (_, j) => `Student ${i}.${j}`);
      const more = Object.fromEntries(names.map((name) => [name, 20]));
      const res = await api.patch(more);
      if (res.status === 200) Object.assign(ages, more);
      else {
        expect(res).toMatchObject(refused(507, 'no space left'));
        break;
      }
    }
    expect(Object.keys(ages).length).toBeGreaterThan(1_000);
    expect(await api.getAges()).toEqual(ages);
    expect(JSON.parse(await inside('cat /data/student_age.json'))).toEqual(ages);
    expect(await inside('ls -A /data')).toBe('student_age.json\n');
    // A shorter list has room.
    expect((await api.remove('Student 0.0')).status).toBe(204);
  }));

test.each([
  ['/student_age.json', '', {}, '/data/student_age.json is mounted'],
  ['', ':ro', {}, '/data is mounted read-only'],
  ['', '', { EDITOR_PASSWORD: '' }, 'nobody has an account to change it'],
])('with a mount of %j%j, and %j, the list is read-only: %s', async (path, mode, env, reason) => {
  const volume = ['--volume', `${stack.data}${path}:/data${path}${mode}`];
  const act = async (api: { url: string }) => {
    const reader = apiAt(api.url, READER);
    expect(await reader.put('Zoë', 7)).toMatchObject(refused(405, reason));
    expect(await reader.getAges()).toEqual(TWO);
  };
  await withApi(['--user', `${OWNER.uid}:${OWNER.gid}`, ...volume], act, env);
});
