// Bundles the service into dist/, and the pages' assets into dist/assets/: named after their content;
// with --watch again after each change of what they are made of.
import { rm, watch, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, context } from 'esbuild';
import { keepLastGood, write, writeLicenses } from '../simple_api/src/service/bundle.mjs';

const here = import.meta.dirname;

/** @type {import('esbuild').BuildOptions} */
const common = { absWorkingDir: here, bundle: true };

/**
 * Packages are the website's own, also those of #service, beside which the API's may be installed, or none.
 *
 * @type {import('esbuild').Plugin}
 */
const ownPackages = {
  name: 'own-packages',
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^[a-z]/, namespace: 'file' }, ({ path, kind, importer, pluginData }) =>
      pluginData || !importer.startsWith(join(here, '../simple_api/src'))
        ? undefined
        : resolve(path, { kind, resolveDir: here, pluginData: true }),
    ),
};

/** @type {import('esbuild').BuildOptions} */
const service = {
  ...common,
  entryPoints: ['src/server.ts', '#service/healthcheck'],
  entryNames: '[name]',
  outdir: 'dist',
  platform: 'node',
  target: 'node20',
  define: { DEFAULT_PORT: '3000' },
  plugins: [ownPackages],
};

/** Writes the assets, and last dist/assets.json, which has the address of each; returns what they are made of. */
async function buildAssets() {
  const { metafile, outputFiles } = await build({
    ...common,
    write: false,
    entryPoints: ['public/site.css', 'public/favicon.svg'],
    entryNames: '[name]-[hash]',
    outdir: 'dist/assets',
    loader: { '.svg': 'copy' },
    minify: true,
    metafile: true,
  });
  // Only now: the last good ones stay while these cannot be built.
  await rm(join(here, 'dist/assets'), { recursive: true, force: true });
  await write(outputFiles);
  /** @type {Record<string, string>} */
  const addresses = {};
  for (const [path, { entryPoint = '' }] of Object.entries(metafile.outputs)) {
    addresses[basename(entryPoint)] = `/${basename(path)}`;
  }
  await writeFile(join(here, 'dist/assets.json'), JSON.stringify(addresses));
  return metafile;
}

if (process.argv.includes('--watch')) {
  await buildAssets().catch(() => {}); // esbuild has said why, and each change leads to another try
  await (await context({ ...service, write: false, plugins: [ownPackages, keepLastGood] })).watch();
  for await (const _change of watch(join(here, 'public'))) await buildAssets().catch(() => {});
} else {
  const assets = await buildAssets();
  const { metafile } = await build({ ...service, metafile: true });
  await writeLicenses(here, assets, metafile);
}
