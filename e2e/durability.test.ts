import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ACCOUNTS, apiAt } from './api';
import { docker, ownEnv, PREFIX } from './docker';
import { eventually } from './eventually';

const CALLS = 'write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'student-list-e2e-trace-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A system call, and the lines of the trace at which it began and ended. */
interface Call {
  readonly text: string;
  readonly begin: number;
  readonly end: number;
}

/** Reads what strace wrote of several threads, whose calls are in two parts where they overlap. */
function readTrace(trace: string): Call[] {
  const begun = new Map<string, { text: string; begin: number }>();
  return trace.split('\n').flatMap((line, end) => {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, first] = /^(.*) <unfinished \.\.\.>$/.exec(text) ?? [];
    if (first !== undefined) {
      begun.set(thread, { text: first, begin: end });
      return [];
    }
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? [];
    const start = rest === undefined ? { text: '', begin: end } : begun.get(thread);
    return start ? [{ text: `${start.text}${rest ?? text}`, begin: start.begin, end }] : [];
  });
}

/** Runs the image's program on this machine's Node.js, and traces it while it does what is asked. */
async function trace(list: string, ask: (url: string) => Promise<unknown>): Promise<Call[]> {
  const { stdout } = await docker(['create', `${PREFIX}/api:e2e`]);
  await docker(['cp', `${stdout.trim()}:/app/dist`, folder]);
  await docker(['rm', '--volumes', stdout.trim()]);
  const output = join(folder, 'trace');
  // With -D it is the program that is the child, not strace.
  const options = ['-D', '-f', '-y', '-s', '200', '-e', `trace=${CALLS}`, '-o', output];
  const program = [process.execPath, join(folder, 'dist/server.js')];
  const child = spawn('strace', [...options, ...program], {
    env: {
      ...ownEnv(),
      PORT: '0',
      STUDENT_AGE_FILE: list,
      ...ACCOUNTS,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = /listening on (http:\/\/[\w.:]+)/.exec(line) ?? [];
      if (url === undefined) continue;
      child.stdout.resume();
      await ask(url);
      break;
    }
  } finally {
    child.kill('SIGTERM');
  }
  return eventually(async () => {
    const trace = await readFile(output, 'utf8');
    expect(trace).toMatch(/\+\+\+ exited with 0 \+\+\+\n$/);
    return readTrace(trace);
  });
}

const hasStrace = spawnSync('strace', ['-V']).error === undefined;
if (!hasStrace) console.log('Skipped, the trace of system calls: there is no strace');
(hasStrace ? test : test.skip)(
  'a write is on the disk before its response: write, fsync, rename, fsync of the folder',
  async () => {
    const list = join(folder, 'student_age.json');
    await writeFile(list, '{"Ahmed": 20}');
    const calls = await trace(list, async (url) => {
      for (const age of [21, 22, 23]) expect((await apiAt(url).put('Ahmed', age)).status).toBe(200);
    });
    const temporary = `${folder}/\\.student_age\\.json\\.new-[\\w-]+`;
    const steps = [
      new RegExp(`^p?writev?(64)?\\(\\d+<${temporary}>.* = \\d+$`),
      new RegExp(`^fsync\\(\\d+<${temporary}>\\) += 0$`),
      new RegExp(`^rename\\w*\\(.*${temporary}.*${list}"\\) += 0$`),
      new RegExp(`^fsync\\(\\d+<${folder}>\\) += 0$`),
      /^writev?\(\d+<socket:.*HTTP\/1\.1 200 /,
    ];
    let last = -1;
    for (let write = 0; write < 3; write++) {
      for (const step of steps) {
        const found = calls.find(({ text, begin }) => begin > last && step.test(text));
        if (!found) throw new Error(`after line ${last} of the trace there is no ${step}`);
        last = found.end;
      }
    }
    // Each response has steps of its own before it.
    for (const step of steps.slice(1)) {
      expect(calls.filter(({ text }) => step.test(text))).toHaveLength(3);
    }
  },
);
