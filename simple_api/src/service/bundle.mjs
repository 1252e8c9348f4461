// What build.mjs of each service does with what was built.
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** @param {import('esbuild').OutputFile[]} files what was built */
export async function write(files) {
  for (const { path, contents } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents);
  }
}

/**
 * Writes what was built, with --watch. Esbuild's own writing would remove the last good build when the
 * next one fails, and the service with it.
 *
 * @type {import('esbuild').Plugin}
 */
export const keepLastGood = {
  name: 'keep-last-good',
  setup: ({ onEnd }) => onEnd(({ outputFiles = [] }) => write(outputFiles)),
};

/**
 * Writes dist/LICENSES.txt: the name, version, licence and licence text of each package in a bundle. Beside it
 * goes this project's own, which has a copy here because a build context has no more than its folder.
 *
 * @param {string} folder the service's
 * @param {...import('esbuild').Metafile} metafiles of its bundles
 * @throws Error for a package without a licence
 */
export async function writeLicenses(folder, ...metafiles) {
  const files = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const found = files.map((file) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '');
  const packages = [...new Set(found)].filter(Boolean).sort();
  const licenses = await Promise.all(packages.map((it) => licenseOf(join(folder, it))));
  await writeFile(join(folder, 'dist/LICENSES.txt'), licenses.join(`\n${'-'.repeat(80)}\n\n`));
  await copyFile(join(import.meta.dirname, 'LICENSE'), join(folder, 'dist/LICENSE'));
}

/** @param {string} folder a package's */
async function licenseOf(folder) {
  const all = await readdir(folder);
  /** @param {RegExp} name */
  const read = async (name) => {
    const files = all.filter((file) => name.test(file)).sort();
    return (await Promise.all(files.map((it) => readFile(join(folder, it), 'utf8')))).join('\n');
  };
  const { name, version, license } = JSON.parse(await read(/^package\.json$/));
  // Some have no file of it, but a section at the end of their README.
  const inReadme = /^(?:#+ *licen[cs]e|licen[cs]e\r?\n-+)\r?\n(.*)/ims;
  const text =
    (await read(/^(licen[cs]e|copying|notice)([.-].*)?$/i)) ||
    inReadme.exec(await read(/^readme/i))?.[1];
  if (typeof license !== 'string' || !text) throw new Error(`No licence in ${folder}`);
  return `${name} ${version}, ${license}\n\n${text.trim()}\n`;
}
