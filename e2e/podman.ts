import { join } from 'node:path';
import { docker, PREFIX, ROOT, run } from './docker';

/** A machine of its own, with Podman, kubectl and a copy of some of this repository. */
export type Machine = Awaited<ReturnType<typeof startMachine>>;

/**
 * Starts it as a container. What runs in its pods and containers is inside.
 *
 * @param paths of the repository, which are then in /repo
 * @param options of `docker run`
 */
export async function startMachine(name: string, paths: string[], options: string[] = []) {
  const container = `${PREFIX}-${name}`;
  const image = `${PREFIX}/kubernetes:e2e`;
  const into = `docker exec --interactive ${container}`;
  const files = `git ls-files -z --cached --others --exclude-standard ${paths.join(' ')}`;
  /** Runs a shell command in /repo. */
  async function sh(command: string, input = '', user = 'root') {
    const exec = ['exec', '--interactive', '--user', user, container, 'bash', '-c', command];
    return (await docker(exec, {}, input)).stdout;
  }
  await docker(['build', '--quiet', '--tag', image, join(ROOT, 'e2e/kubernetes')]);
  const start = ['run', '--detach', '--name', container, '--privileged', '--init', ...options];
  await docker([...start, image]);
  const machine = {
    sh,
    /** Gives a user an image of this machine's Engine. */
    load: (user: string, ...names: string[]) =>
      run(
        [
          'sh',
          '-c',
          `docker save ${names.join(' ')} | docker exec -i -u ${user} ${container} podman load`,
        ],
        {},
      ),
    remove: () => docker(['rm', '--force', '--volumes', container]),
  };
  try {
    await run(['sh', '-c', `${files} | tar c --null -T - | ${into} tar x`], {});
    // With version 2 of control groups, only a group without processes of its own can have others in it.
    await sh(`cd /sys/fs/cgroup && if [ -e cgroup.controllers ]; then
      mkdir init && xargs -rn 1 <cgroup.procs >init/cgroup.procs || :
      sed 's/\\w*/+&/g' cgroup.controllers >cgroup.subtree_control
    fi`);
    return machine;
  } catch (error) {
    await machine.remove();
    throw error;
  }
}
