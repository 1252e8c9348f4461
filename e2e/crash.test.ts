import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Age, type LoneApi, runApi } from './api';
import { docker } from './docker';
import { OWNER } from './stack';

/** How often the API is killed: each of several containers, which take turns on the machine's cores. */
const [CONTAINERS, KILLS] = [4, 25];

/** How many clients write to each, each to names of its own, one request after the other. */
const [CLIENTS, NAMES] = [8, 5];

const apis: { api: LoneApi; folder: string }[] = [];
beforeAll(async () => {
  for (let i = 0; i < CONTAINERS; i++) {
    const folder = await mkdtemp(join(tmpdir(), 'student-list-e2e-crash-'));
    const list = join(folder, 'student_age.json');
    await writeFile(list, '{\n  "by hand": "20"\n}\n');
    for (const path of [folder, list]) await chown(path, OWNER.uid, OWNER.gid);
    const options = ['--user', `${OWNER.uid}:${OWNER.gid}`, '--volume', `${folder}:/data`];
    apis.push({ api: await runApi(`crash-${i}`, options), folder });
  }
});
afterAll(async () => {
  for (const { api, folder } of apis) {
    await api.discard();
    await rm(folder, { recursive: true });
  }
});

/** What each name's age may be: the acknowledged one, or the one that was sent last. */
type Possible = Map<string, readonly (Age | undefined)[]>;

/** Writes as fast as it goes, until there is no response any more. Returns how many there were. */
async function writeUntilKilled(api: LoneApi, client: number, possible: Possible): Promise<number> {
  for (let count = 0; ; count++) {
    const name = `client ${client}, ${count % NAMES}`;
    const [before] = possible.get(name) ?? [];
    const age =
      before !== undefined && Math.random() < 0.2 ? undefined : Math.floor(Math.random() * 151);
    possible.set(name, [before, age]);
    const response = await (age === undefined ? api.remove(name) : api.put(name, age)).catch(
      () => undefined,
    );
    if (!response) return count;
    expect(response.status).toBe(age === undefined ? 204 : before === undefined ? 201 : 200);
    possible.set(name, [age]);
  }
}

/** Checks that what is there may be, and notes it as what is there. */
function check(ages: Record<string, Age | undefined>, possible: Possible): void {
  expect(Object.keys(ages).filter((name) => !possible.has(name))).toEqual([]);
  for (const [name, allowed] of possible) {
    expect({ name, allowed }).toEqual({ name, allowed: expect.arrayContaining([ages[name]]) });
    possible.set(name, [ages[name]]);
  }
}

test('killed a hundred times while it writes, it has lost nothing that it acknowledged', async () => {
  let [acknowledged, halfway] = [0, 0];
  await Promise.all(
    apis.map(async ({ api, folder }) => {
      const possible: Possible = new Map([['by hand', ['20']]]);
      for (let kill = 0; kill < KILLS; kill++) {
        const clients = Array.from({ length: CLIENTS }, (_, i) =>
          writeUntilKilled(api, i, possible),
        );
        await sleep(50 + Math.random() * 450);
        await docker(['kill', '--signal', 'KILL', api.container]);
        for (const count of await Promise.all(clients)) acknowledged += count;

        if ((await readdir(folder)).length > 1) halfway++;
        const onDisk = JSON.parse(await readFile(join(folder, 'student_age.json'), 'utf8'));
        check(onDisk, possible);
        await api.start();
        expect(await api.getAges()).toEqual(onDisk);
        expect(await readdir(folder)).toEqual(['student_age.json']); // nothing is left over
      }
    }),
  );
  console.log(
    `${CONTAINERS * KILLS} crashes, ${halfway} of them halfway through a file; ${acknowledged} acknowledged writes, none lost`,
  );
  expect(acknowledged).toBeGreaterThan(CONTAINERS * KILLS);
}, 600_000);
