// Bundles the service into dist/; with --watch again after each change of its source.
import { readFile } from 'node:fs/promises';
import { context } from 'esbuild';

// The source map is for our own source: with that of the packages the process would start slower, and
// need a third more memory. esbuild follows the maps that files bring, so each gets a trivial one.
const trivialMap = '{"version":3,"sources":["package"],"mappings":"AAAA"}';
const withTrivialMap = (/** @type {string} */ contents) =>
  `${contents}\n//# sourceMappingURL=data:application/json,${encodeURIComponent(trivialMap)}`;

/** @type {import('esbuild').Plugin} */
const mapOwnSource = {
  name: 'map-own-source',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules.*\.[cm]?js$/ }, async ({ path }) => ({
      contents: withTrivialMap(await readFile(path, 'utf8')),
    }));
    onLoad({ filter: /node_modules.*\.json$/ }, async ({ path }) => {
      const json = JSON.stringify(await readFile(path, 'utf8'));
      return { contents: withTrivialMap(`module.exports = JSON.parse(${json});`) };
    });
  },
};

/** Files of packages that run at every start but do nothing here, and what stands in for them. */
const REPLACED = [
  // Express loads its body parsers, used or not; they are a third of the bundle. No body is read here.
  { filter: /node_modules.body-parser.index\.js$/, contents: 'module.exports = {};' },
  // pino looks up its caller, for transports, which makes Node.js parse the source map.
  { filter: /node_modules.pino.lib.caller\.js$/, contents: 'module.exports = () => [];' },
];

/** @type {import('esbuild').Plugin} */
const replaceUnused = {
  name: 'replace-unused',
  setup({ onLoad }) {
    for (const { filter, contents } of REPLACED) onLoad({ filter }, () => ({ contents }));
  },
};

const bundle = await context({
  entryPoints: ['src/server.ts', 'src/healthcheck.ts', 'src/load-snapshot-thread.ts'],
  absWorkingDir: import.meta.dirname,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'], // jsonc-parser's `main` cannot be bundled
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  plugins: [replaceUnused, mapOwnSource],
});

if (process.argv.includes('--watch')) {
  await bundle.watch();
} else {
  await bundle.rebuild();
  await bundle.dispose();
}
