import { readdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Age } from './api';
import { docker } from './docker';
import { eventually } from './eventually';
import { startStack } from './stack';

const KILLS = 60;

/** How many clients write, each to names of its own, one request after the other. */
const [CLIENTS, NAMES] = [8, 5];

test(`killed ${KILLS} times while it writes, the API has lost nothing that it acknowledged`, async () => {
  const stack = await startStack('crash');
  /** What each name's age may be: the acknowledged one, or the one that was sent last. */
  const possible = new Map<string, readonly (Age | undefined)[]>([['by hand', ['20']]]);
  let [acknowledged, halfway] = [0, 0];

  async function writeUntilKilled(client: number): Promise<void> {
    for (let count = 0; ; count++) {
      const name = `client ${client}, ${count % NAMES}`;
      const [before] = possible.get(name) ?? [];
      const isRemoval = before !== undefined && Math.random() < 0.2;
      const age = isRemoval ? undefined : Math.floor(Math.random() * 151);
      possible.set(name, [before, age]);
      const asked = age === undefined ? stack.remove(name) : stack.put(name, age);
      const response = await asked.catch(() => undefined);
      if (!response) return;
      expect(response.status).toBe(isRemoval ? 204 : before === undefined ? 201 : 200);
      possible.set(name, [age]);
      acknowledged++;
    }
  }

  try {
    await writeFile(stack.list, '{\n  "by hand": "20"\n}\n');
    const container = stack.container('simple-api');
    for (let kill = 0; kill < KILLS; kill++) {
      const clients = Array.from({ length: CLIENTS }, (_, i) => writeUntilKilled(i));
      await sleep(50 + Math.random() * 450);
      await docker(['kill', '--signal', 'KILL', container]);
      await Promise.all(clients);
      if ((await readdir(stack.data)).length > 1) halfway++;
      const onDisk = JSON.parse(await readFile(stack.list, 'utf8'));
      expect(Object.keys(onDisk).filter((name) => !possible.has(name))).toEqual([]);
      for (const [name, ages] of possible) {
        expect({ name, ages }).toEqual({ name, ages: expect.arrayContaining([onDisk[name]]) });
        possible.set(name, [onDisk[name]]);
      }
      await docker(['start', container]);
      await eventually(async () => expect(await stack.getAges()).toEqual(onDisk));
      expect(await readdir(stack.data)).toEqual(['student_age.json']); // nothing is left over
    }
    console.log(`${halfway} kills halfway through a file; ${acknowledged} acknowledged writes`);
    expect(acknowledged).toBeGreaterThan(KILLS);
  } finally {
    await stack.down();
  }
}, 900_000);
