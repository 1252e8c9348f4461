import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { closeAfter } from '../test/closing';
import { eventually } from '../test/eventually';
import { makeFolder } from '../test/opened-list';

test('while the source cannot be built, --watch says why, and the last good build stays', async () => {
  const folder = await makeFolder();
  const package_ = join(__dirname, '..');
  await cp(join(package_, 'build.mjs'), join(folder, 'build.mjs'));
  await symlink(join(package_, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(folder, 'src/service'), { recursive: true });
  await writeFile(join(folder, 'src/service/healthcheck.ts'), '');
  const write = (text: string) => writeFile(join(folder, 'src/server.ts'), text);
  await write('const x = ;');
  const watching = spawn(process.execPath, ['build.mjs', '--watch'], { cwd: folder });
  closeAfter(() => watching.kill() && once(watching, 'close'));
  const built = () => readFile(join(folder, 'dist/server.js'), 'utf8');
  const mistake = async () => String((await once(watching.stderr, 'data'))[0]);

  expect(await mistake()).toContain('src/server.ts:1:10');
  await write('console.log("first")');
  await eventually(async () => expect(await built()).toContain('first'));
  const said = mistake();
  await write('const y = ;');
  expect(await said).toContain('src/server.ts:1:10');
  expect(await built()).toContain('first');
  await write('console.log("second")');
  await eventually(async () => expect(await built()).toContain('second'));
});
