import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { closeAfter } from '../test/closing';
import { eventually } from '../test/eventually';
import { makeFolder } from '../test/opened-list';

/** A package of its own with what builds the service, and a source that has yet to be written. */
async function makePackage(): Promise<string> {
  const folder = await makeFolder();
  const package_ = join(__dirname, '..');
  await mkdir(join(folder, 'src/service'), { recursive: true });
  await mkdir(join(folder, 'node_modules'));
  for (const file of ['build.mjs', 'src/service/bundle.mjs', 'src/service/LICENSE']) {
    await cp(join(package_, file), join(folder, file));
  }
  const esbuild = 'node_modules/esbuild';
  await symlink(join(package_, esbuild), join(folder, esbuild));
  await writeFile(join(folder, 'src/service/healthcheck.ts'), '');
  return folder;
}

test('while the source cannot be built, --watch says why, and the last good build stays', async () => {
  const folder = await makePackage();
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
  // It may be written once more, in place: what watches it would lose sight of a new file.
  await eventually(async () => expect(await built()).toContain('first'));
  await write('console.log("second")');
  await eventually(async () => expect(await built()).toContain('second'));
});

test('what is built has the licence of each package in it, beside that of the project', async () => {
  const folder = await makePackage();
  const inPackage = (file: string) => join(folder, 'node_modules/@a/b', file);
  await mkdir(inPackage(''), { recursive: true });
  await writeFile(join(folder, 'src/server.ts'), "import '@a/b';");
  await writeFile(inPackage('index.js'), 'console.log(1);');
  const build = () => spawnSync(process.execPath, ['build.mjs'], { cwd: folder, encoding: 'utf8' });
  const noLicence = { status: 1, stderr: expect.stringMatching(/No licence in .*@a\/b/) };
  const built = (file: string) => readFile(join(folder, 'dist', file), 'utf8');

  const facts = { name: '@a/b', version: '1.2.3' };
  await writeFile(inPackage('package.json'), JSON.stringify({ ...facts, license: 'ISC' }));
  expect(build()).toMatchObject(noLicence);
  await writeFile(inPackage('readme.md'), '# B\n\n## License\n\nISC © B\n');
  expect(build()).toMatchObject({ status: 0 });
  expect(await built('LICENSES.txt')).toBe('@a/b 1.2.3, ISC\n\nISC © B\n');
  await writeFile(inPackage('LICENSE.md'), 'Take it.\n');
  expect(build()).toMatchObject({ status: 0 });
  expect(await built('LICENSES.txt')).toBe('@a/b 1.2.3, ISC\n\nTake it.\n');
  expect(await built('LICENSE')).toBe(await readFile(join(__dirname, '../../LICENSE'), 'utf8'));
  await writeFile(inPackage('package.json'), JSON.stringify(facts));
  expect(build()).toMatchObject(noLicence);
});
