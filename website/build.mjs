// Bundles the service into dist/, and puts Pico's style sheet where the pages ask for it; with --watch
// it bundles again after each change of the source.
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, context } from 'esbuild';

const here = import.meta.dirname;
const pico = join(here, 'node_modules/@picocss/pico/css/pico.min.css');
await copyFile(pico, join(here, 'public/pico.min.css'));

/** @type {import('esbuild').BuildOptions} */
const options = {
  entryPoints: ['src/server.ts', 'src/service/healthcheck.ts'],
  entryNames: '[name]',
  absWorkingDir: here,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
};
if (process.argv.includes('--watch')) await (await context(options)).watch();
else await build(options);
