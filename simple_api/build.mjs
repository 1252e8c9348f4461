// Bundles the service into dist/; with --watch again after each change of its source.
import { build, context } from 'esbuild';

/** @type {import('esbuild').BuildOptions} */
const options = {
  entryPoints: ['src/server.ts', 'src/service/healthcheck.ts', 'src/students/thread.ts'],
  entryNames: '[name]',
  absWorkingDir: import.meta.dirname,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'], // jsonc-parser's `main` cannot be bundled
};
if (process.argv.includes('--watch')) await (await context(options)).watch();
else await build(options);
