// Bundles the service into dist/; with --watch again after each change of its source.
import { build, context } from 'esbuild';
import { keepLastGood, writeLicenses } from './src/service/bundle.mjs';

/** @type {import('esbuild').BuildOptions} */
const options = {
  entryPoints: ['src/server.ts', 'src/service/healthcheck.ts'],
  entryNames: '[name]',
  absWorkingDir: import.meta.dirname,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  define: { DEFAULT_PORT: '5000' },
  mainFields: ['module', 'main'], // jsonc-parser's `main` cannot be bundled
  loader: { '.sql': 'text' },
  external: ['pg-native'], // an option of pg, which looks for it
};

if (process.argv.includes('--watch')) {
  await (await context({ ...options, write: false, plugins: [keepLastGood] })).watch();
} else {
  const { metafile } = await build({ ...options, metafile: true });
  await writeLicenses(import.meta.dirname, metafile);
}
