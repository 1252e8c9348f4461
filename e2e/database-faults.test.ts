import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, inspect } from './docker';
import { eventually } from './eventually';
import { startClients } from './racing-clients';
import { type Replicas, startReplicas } from './replicas';

/** Of the database, and of its APIs together. */
const KILLS = Number(process.env['KILLS'] ?? 4);

let replicas: Replicas;
let database: string;
beforeAll(async () => {
  replicas = await startReplicas('faults', 2);
  database = replicas.database;
});
afterAll(() => replicas?.down());

const expectReady = (status: number) =>
  eventually(async () => {
    for (const { url } of replicas.apis) {
      expect((await fetch(`${url}/health/ready`)).status).toBe(status);
    }
  });

/** Does something while clients write and read, and checks that nothing they were told is wrong. */
async function whileInUse(act: () => Promise<unknown>): Promise<void> {
  await replicas.psql('TRUNCATE student');
  const clients = startClients(replicas.apis);
  await sleep(1_000);
  await act();
  await expectReady(200);
  await sleep(500);
  console.log(`${expect.getState().currentTestName}: ${await clients.stop()}`);
}

test(
  `killed ${KILLS} times each, database and APIs have lost nothing that was acknowledged`,
  () =>
    whileInUse(async () => {
      for (let kill = 0; kill < 2 * KILLS; kill++) {
        const api = replicas.apis[(kill >> 1) % 2]?.container ?? '';
        const container = kill % 2 ? database : api;
        await sleep(Math.random() * 3_000);
        await docker(['kill', '--signal', 'KILL', container]);
        await docker(['start', container]);
      }
    }),
  1_800_000,
);

const address = () => inspect(database, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');

async function move(): Promise<void> {
  const before = await address();
  await docker(['rm', '--force', database]);
  await replicas.run(`${database}-neighbour`, ['sleep', 'infinity']);
  await replicas.startDatabase();
  expect(await address()).not.toBe(before);
}

test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
  ['cut off', () => replicas.disconnect(database), () => replicas.connect(database)],
  ['silent', () => docker(['pause', database]), () => docker(['unpause', database])],
  ['moved to another address', () => docker(['stop', database]), move],
])('the database is %s, comes back by itself, and nothing is lost', (_how, away, back) =>
  whileInUse(async () => {
    await away();
    await expectReady(503);
    await back();
  }),
);

test('a standby takes the place of the database, and nothing is lost', async () => {
  const standby = await replicas.startStandby();
  await whileInUse(async () => {
    await docker(['kill', '--signal', 'KILL', database]);
    await replicas.psql('SELECT pg_promote()', standby);
    await replicas.disconnect(standby);
    await replicas.connect(standby);
  });
});
