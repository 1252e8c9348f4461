import { readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';

/** Where a link leads to: it stays when a new file takes the place of what is there. */
export function followLinks(file: string): Promise<string> {
  return realpath(file).catch(() => file);
}

/** Nothing where there is no Linux. It is in memory, and so read at once. */
export function mountPoints(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

/**
 * A mount goes on showing the same folder when that is moved on the host, and when another takes its place.
 *
 * @returns says so, in words, when it has happened to what a path is in, since the first call
 */
export function watchMounts(): (path: string) => string | undefined {
  const sources = new Map<string | undefined, string | undefined>();
  return (path) => {
    for (const line of mountPoints().split('\n')) {
      // The source is a path in a file system, with `//deleted` behind it where it is gone: proc(5).
      const [id, , , source, point] = line.split(' ');
      if (path !== point && !path.startsWith(`${point}/`)) continue;
      if (!sources.has(id)) sources.set(id, source);
      if (sources.get(id) === source) continue;
      return `what is mounted at ${point} was moved or deleted on the host, and what is in its place now is not seen here; start the container anew: docker compose up -d --force-recreate`;
    }
    return undefined;
  };
}
