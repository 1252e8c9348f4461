import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { ACCOUNTS, apiAt } from './api';
import { docker, ownEnv, PREFIX } from './docker';
import { eventually } from './eventually';

const CALLS = 'write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2';

/** Runs the image's program on this machine's Node.js, and traces it while it does what is asked. */
async function trace(folder: string, list: string, ask: (url: string) => Promise<void>) {
  const { stdout } = await docker(['create', `${PREFIX}/api:e2e`]);
  await docker(['cp', `${stdout.trim()}:/app/dist`, folder]);
  await docker(['rm', '--volumes', stdout.trim()]);
  const output = join(folder, 'trace');
  // With -D it is the program that is the child, not strace.
  const options = ['-D', '-f', '-y', '-s', '200', '-e', `trace=${CALLS}`, '-o', output];
  const program = [process.execPath, join(folder, 'dist/server.js')];
  const env = { ...ownEnv(), ...ACCOUNTS, PORT: '0', STUDENT_AGE_FILE: list };
  const child = spawn('strace', [...options, ...program], { env });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = /listening on (http:\/\/[\w.:]+)/.exec(line) ?? [];
      if (url === undefined) continue;
      child.stdout.resume();
      child.stderr.resume();
      await ask(url);
      break;
    }
  } finally {
    child.kill('SIGTERM');
  }
  return eventually(async () => {
    const text = await readFile(output, 'utf8');
    expect(text).toMatch(/\+\+\+ exited with 0 \+\+\+\n$/);
    return text;
  });
}

const hasStrace = spawnSync('strace', ['-V']).error === undefined;
if (!hasStrace) console.log('Skipped, the trace of system calls: there is no strace');
(hasStrace ? test : test.skip)(
  'a write is on the disk before its response: write, fsync, rename, fsync of the folder',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), `${PREFIX}-trace-`));
    try {
      const list = join(folder, 'student_age.json');
      await writeFile(list, '{"Ahmed": 20}');
      const text = await trace(folder, list, async (url) => {
        for (const age of [1, 2, 3]) expect((await apiAt(url).put('Ahmed', age)).status).toBe(200);
      });
      const temporary = `${folder}/\\.student_age\\.json\\.new-[\\w-]+`;
      // A call of one thread is in two parts where it overlaps with one of another.
      const ended = '(?: += \\d+$|.* <unfinished [^]*? resumed>.* = \\d+$)';
      const steps = [
        `p?writev?(?:64)?\\(\\d+<${temporary}>.*${ended}`,
        `fsync\\(\\d+<${temporary}>\\)?${ended}`,
        `rename\\w*\\(.*${temporary}.*${list}"\\)?${ended}`,
        `fsync\\(\\d+<${folder}>\\)?${ended}`,
        'writev?\\(\\d+<socket:.*HTTP/1\\.1 200 ',
      ];
      const all = steps.map((step) => `^\\d+ +${step}`);
      expect(text.match(new RegExp(all.join('[^]*?'), 'gm'))).toHaveLength(3);
      // Each response has steps of its own before it.
      for (const step of all.slice(1)) expect(text.match(new RegExp(step, 'gm'))).toHaveLength(3);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
