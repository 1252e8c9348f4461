import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PREFIX, ROOT } from './docker';
import type { Registry } from './registry';

const [, IMAGE = ''] =
  /image: (joxit\/.*)/.exec(readFileSync(join(ROOT, 'docker-compose-registry.yml'), 'utf8')) ?? [];

/** Why the UI's image cannot be had; undefined if it is on this machine. Tries to pull it. */
export function whyNoUi(): string | undefined {
  if (spawnSync('docker', ['image', 'inspect', IMAGE]).status === 0) return undefined;
  const pull = spawnSync('docker', ['pull', '-q', IMAGE], { encoding: 'utf8', timeout: 60_000 });
  return pull.status === 0 ? undefined : pull.stderr.trim();
}

/** Commands that start a registry, without its UI, whose image may be out of reach. */
export const withoutUi = (commands: string): string =>
  commands.replace(/up -d.*/, 'up -d --wait registry');

/**
 * Starts a registry with its UI, or, where the UI's image cannot be had, with a stand-in for it that
 * has no pages.
 *
 * @param setting shell commands that go before the start
 */
export async function startWithUi(registry: Registry, setting = ''): Promise<void> {
  const standIn = { image: `${PREFIX}/ui:e2e`, build: join(ROOT, 'e2e/stand-in-ui') };
  const services = whyNoUi() ? { 'registry-ui': standIn } : {};
  await writeFile(join(registry.folder, 'ui.yml'), JSON.stringify({ services })); // JSON is YAML
  const compose = 'docker compose -f docker-compose-registry.yml -f ui.yml';
  await registry.sh(`${compose} build --quiet\n${setting}\n${compose} up -d --wait`);
}
