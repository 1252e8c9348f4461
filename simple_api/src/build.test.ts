import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from '../test/eventually';

test('while the source cannot be built, --watch says why, and the last good build stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'build-'));
  const package_ = join(__dirname, '..');
  await cp(join(package_, 'build.mjs'), join(folder, 'build.mjs'));
  await symlink(join(package_, 'node_modules'), join(folder, 'node_modules'));
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  };
  for (const file of ['service/healthcheck.ts', 'students/thread.ts'])
    await write(`src/${file}`, '');
  await write('src/server.ts', 'const x = ;');

  const watching = spawn(process.execPath, ['build.mjs', '--watch'], { cwd: folder });
  const built = () => readFile(join(folder, 'dist/server.js'), 'utf8');
  const expectBuilt = (text: string) =>
    eventually(async () => expect(await built()).toContain(text));
  try {
    expect(String((await once(watching.stderr, 'data'))[0])).toContain('src/server.ts:1:10');
    await write('src/server.ts', 'console.log("first")');
    await expectBuilt('first');
    await write('src/server.ts', 'const y = ;');
    expect(String((await once(watching.stderr, 'data'))[0])).toContain('src/server.ts:1:10');
    expect(await built()).toContain('first');
    await write('src/server.ts', 'console.log("second")');
    await expectBuilt('second');
  } finally {
    watching.kill();
    await once(watching, 'close');
    await rm(folder, { recursive: true });
  }
});
