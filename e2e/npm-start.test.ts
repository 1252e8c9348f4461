import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ownEnv, ROOT, run } from './docker';
import { eventually } from './eventually';
import { freePort } from './free-port';

test('npm start ends, and the services with it, when npm alone is told to', async () => {
  const ports = { API_PORT: String(await freePort()), WEBSITE_PORT: String(await freePort()) };
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { ...ownEnv(), ...ports },
    detached: true,
  });
  const ended = once(npm, 'close'); // when nobody writes to its output any more
  let output = '';
  npm.stdout.on('data', (chunk) => {
    output += chunk;
  });
  try {
    await eventually(async () => expect(output).toContain('The page is at'));
    npm.kill();
    await eventually(async () => expect(output.match(/"closed"/g)).toHaveLength(2));
    await ended;
  } finally {
    if (npm.stdout.readable && npm.pid) process.kill(-npm.pid);
  }
});

test.each([
  ["\uFEFFLIST_FOLDER='list'\r\n", 'utf8', 'There is no folder list, where LIST_FOLDER says'],
  ["API_PASSWORD='plain'\r\n", 'utf16le', '.env is not UTF-8'],
] as const)(
  'npm start says what is wrong: %j in .env, as %s',
  async (content, encoding, reason) => {
    const folder = await mkdtemp(join(tmpdir(), 'npm-start-'));
    try {
      await writeFile(join(folder, '.env'), content, encoding);
      const started = run(['node', join(ROOT, 'scripts/start.mjs')], { cwd: folder });
      const stderr = expect.stringMatching(RegExp(`^${reason}.*\n$`));
      await expect(started).rejects.toMatchObject({ code: 1, stderr });
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
