import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PREFIX } from './docker';
import { documented } from './documented';
import { eventually } from './eventually';
import { freePort } from './free-port';
import { startLoad, type Visit } from './load';
import { type Machine, startMachine } from './podman';

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown> & { template: { spec: PodSpec } };
}
interface PodSpec {
  containers: { ports: object[]; readinessProbe: { exec: { command: string[] } } }[];
  volumes?: object[];
}

const FOLDERS = ['file', 'postgres'];
const FIRST = 'The first time';
const blockOf = (heading: string, part: string) =>
  documented(heading, part, 'sh', 'docs/kubernetes.md');
/** Where in the machine a replica is published, that of the websites outside, too. */
const PORTS: Record<string, number> = {
  'website-a': 8001,
  'website-b': 8002,
  'simple-api-a': 8003,
};

let machine: Machine;
let websites: { a: string; b: string };
beforeAll(async () => {
  const [a, b] = [await freePort(), await freePort()];
  websites = { a: `http://127.0.0.1:${a}`, b: `http://127.0.0.1:${b}` };
  const publish = ['--publish', `127.0.0.1:${a}:8001`, '--publish', `127.0.0.1:${b}:8002`];
  machine = await startMachine('kubernetes', ['k8s', 'simple_api'], publish);
  await machine.load('root', `${PREFIX}/api:e2e`, `${PREFIX}/website:e2e`, 'postgres:17-trixie');
  // As documented, but for the registry and the tag.
  await machine.sh(`IMAGE_PREFIX=localhost/${PREFIX}/\n${blockOf(FIRST, 'ingress.yaml')}`);
  await machine.sh(blockOf('Update', 'newTag').replace('1.1', 'e2e').replace('deploy', ''));
  for (const folder of FOLDERS) await machine.sh(blockOf(FIRST, `k8s/${folder}/reader.env`));
}, 900_000);
afterAll(() => machine?.remove());

/** What kubectl makes of a folder, as JSON. */
const render = (folder: string) =>
  machine.sh(`set -o pipefail; kubectl kustomize k8s/${folder} | python3 -c 'import json, sys, yaml
print(json.dumps(list(yaml.safe_load_all(sys.stdin)), separators=(",", ":")))'`);
const manifestsOf = async (folder: string): Promise<Manifest[]> => JSON.parse(await render(folder));
const check = (manifests: string) => machine.sh('node /check/check.mjs', manifests);

const runsPods = ({ kind }: Manifest) => kind === 'Deployment' || kind === 'StatefulSet';

describe.each(FOLDERS)('k8s/%s', (folder) => {
  test('has nothing that Kubernetes does not know', async () => {
    await check(await render(folder));
  });

  test('runs nothing that may do more than it must', async () => {
    for (const { spec } of (await manifestsOf(folder)).filter(runsPods)) {
      // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
      const container = {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      };
      expect(spec.template.spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ securityContext: container, resources: { limits: { cpu: '1' } } }],
      });
    }
  });

  test('lets only the website and whoever is named reach the API, and only the API the database', async () => {
    const all = await manifestsOf(folder);
    const labels = (name: string) => ({ matchLabels: { 'app.kubernetes.io/name': name } });
    for (const { kind, metadata, spec } of all) {
      const { name } = metadata;
      if (kind === 'Service') expect(spec['selector']).toEqual(labels(name).matchLabels);
      else if (kind === 'NetworkPolicy') expect(spec['podSelector']).toEqual(labels(name));
      else if (spec?.['selector']) expect(spec['selector']).toEqual(labels(name));
    }
    const policies = all.filter(({ kind }) => kind === 'NetworkPolicy');
    const namespace = (what: string) => ({
      namespaceSelector: { matchLabels: { [`student-list/${what}`]: 'allowed' } },
    });
    const metrics = { from: [namespace('metrics')], ports: [{ port: 'metrics' }] };
    const to = (port: string, ...from: object[]) => ({
      ports: [{ port }],
      ...(from.length > 0 && { from }),
    });
    const ingress: Record<string, readonly object[]> = {
      database: [to('postgres', { podSelector: labels('simple-api') })],
      'simple-api': [to('http', { podSelector: labels('website') }, namespace('api')), metrics],
      website: [to('http'), metrics],
    };
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(
      Object.keys(ingress).filter((name) => folder === 'postgres' || name !== 'database'),
    );
    for (const { metadata, spec } of policies) {
      expect(spec['ingress']).toEqual(ingress[metadata.name]);
    }
  });

  test('gives the website nothing but the credentials that read', async () => {
    const website = (await manifestsOf(folder)).find(
      (it) => runsPods(it) && it.metadata.name === 'website',
    );
    const secrets = JSON.stringify(website).match(/"secretKeyRef":.*?}/g);
    expect(secrets).toHaveLength(2);
    for (const secret of secrets ?? []) expect(secret).toMatch(/"name":"reader-\w+"/);
  });
});

test.each([
  ['"replicas":2', '"replica":2'],
  ['"replicas":2', '"replicas":"two"'],
  ['"drop":["ALL"]', '"dropped":["ALL"]'],
  ['"memory":"512Mi"', '"memory":"512MB"'],
  ['"ScheduleAnyway"', '"Sometimes"'],
  ['"clusterIP":"None"', '"clusterIp":"None"'],
  ['"policyTypes":["Ingress"]', '"policyType":["Ingress"]'],
  ['"maxUnavailable":1', '"maxUnavailable":[1]'],
  ['"pathType":"Prefix"', '"pathType":"Start"'],
])('%s changed to %s is found', async (text, nonsense) => {
  const manifests = await render('file');
  expect(manifests).toContain(text);
  await expect(check(manifests.replaceAll(text, nonsense))).rejects.toThrow(/: \/spec\/\w+/);
});

test('there is no list, or no credentials, without the files that git ignores', async () => {
  const without = (file: string) =>
    machine.sh(
      `cp -r k8s less && rm less/file/${file}; kubectl kustomize less/file; s=$?; rm -r less; exit $s`,
    );
  for (const file of ['student_age.json', 'reader.env']) {
    await expect(without(file)).rejects.toThrow(file);
  }
});

/**
 * Runs one replica of a Deployment, or another one in its place, until its own probe finds it ready.
 * Podman does as Kubernetes with Deployments, ConfigMaps and Secrets. It has no StatefulSets.
 *
 * @returns the name of its container
 */
async function play(manifests: Manifest[], name: string, replica = 'a'): Promise<string> {
  const found = manifests.find((it) => runsPods(it) && it.metadata.name === name);
  if (!found) throw new Error(`no ${name}`);
  const { kind, spec } = structuredClone(found);
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const hostPort = PORTS[`${name}-${replica}`];
  if (hostPort) Object.assign(container?.ports[0] ?? {}, { hostPort });
  if (kind === 'StatefulSet') {
    pod.volumes?.push({ name: 'data', persistentVolumeClaim: { claimName: 'data-database-0' } });
  }
  const deployment = {
    ...found,
    kind: 'Deployment',
    spec,
    metadata: { name: `${name}-${replica}` },
  };
  const needed = manifests.filter(({ kind }) => kind === 'ConfigMap' || kind === 'Secret');
  const yaml = [...needed, deployment].map((it) => JSON.stringify(it)).join('\n---\n');
  const running = `${name}-${replica}-pod-${name}`;
  // As in a cluster: while a process ends its connections, it still has its network.
  await machine.sh(`podman stop --ignore ${running}`);
  await machine.sh('podman kube play --replace -', yaml);
  const ready = container?.readinessProbe.exec.command.join(' ');
  await eventually(() => machine.sh(`podman exec ${running} ${ready}`));
  return running;
}

/** Asks the API as whoever a file of credentials is for. */
const ask = (file: string, path: string, options = '') =>
  machine.sh(`. k8s/${file}.env; curl -fsS -u "\${API_USERNAME-$EDITOR_USERNAME}:\${API_PASSWORD-$EDITOR_PASSWORD}" \
    ${options} http://localhost:8003/supmit/api/v1.0${path}`);

async function page(website: string): Promise<string> {
  const res = await fetch(`${website}/students`, { signal: AbortSignal.timeout(20_000) });
  expect(res.status).toBe(200);
  return res.text();
}

const failed = (visits: readonly Visit[]) =>
  visits.filter(({ status, text }) => status !== 200 || text.includes('has not been reachable'));

describe('k8s/file on Podman', () => {
  beforeAll(async () => {
    const manifests = await manifestsOf('file');
    for (const name of ['simple-api', 'website']) {
      for (const replica of ['a', 'b']) await play(manifests, name, replica);
    }
  });

  test('shows the list, which nobody can change', async () => {
    for (const website of Object.values(websites))
      expect(await page(website)).toContain('6 students');
    expect(await ask('file/reader', '/get_student_ages/Ahmed')).toBe('20');
    const { read_only: why } = JSON.parse(await ask('file/reader', '/students'));
    expect(why).toContain('nobody has an account');
  });

  test.each(['simple-api', 'website'])('%s may do no more than it must', async (name) => {
    const exec = `podman exec ${name}-a-pod-${name}`;
    const status = await machine.sh(`${exec} cat /proc/1/status`);
    for (const line of [
      'Uid:(\\s+1000){4}',
      'CapBnd:\\s+0+',
      'NoNewPrivs:\\s+1',
      'Seccomp:\\s+2',
    ]) {
      expect(status).toMatch(new RegExp(`^${line}$`, 'm'));
    }
    for (const folder of ['/app', '/data']) {
      await expect(machine.sh(`${exec} touch ${folder}/e2e`)).rejects.toThrow(/Read-only|No such/);
    }
  });

  test('takes a new list and new credentials, one replica after another, and no page fails', async () => {
    const old = await machine.sh('cat k8s/file/reader.env');
    await machine.sh(`${blockOf(FIRST, 'k8s/file/reader.env')}
      echo '{"Zoë": 22}' >k8s/file/student_age.json`);
    const manifests = await manifestsOf('file');
    // In this order in a cluster, too: replicas of the API are replaced more slowly than websites.
    const before = startLoad(`${websites.b}/students`, 20);
    await play(manifests, 'simple-api', 'a');
    await play(manifests, 'website', 'a');
    const after = startLoad(`${websites.a}/students`, 20);
    expect(failed(await before.stop())).toEqual([]);
    await play(manifests, 'website', 'b');
    await play(manifests, 'simple-api', 'b');
    for (const website of Object.values(websites)) {
      await eventually(async () => expect(await page(website)).toContain('Zoë'));
    }
    const visits = await after.stop();
    expect(failed(visits)).toEqual([]);
    expect(visits.length).toBeGreaterThan(20);
    expect(await ask('file/reader', '/get_student_ages/Zo%C3%AB')).toBe('22');
    await machine.sh('cat >k8s/file/old.env', old);
    await expect(ask('file/old', '/students')).rejects.toThrow('401');
  });

  test('does not start without its secret', async () => {
    const manifests = await manifestsOf('file');
    const less = manifests.filter(({ kind }) => kind !== 'Secret');
    const renamed = JSON.parse(JSON.stringify(less).replaceAll('"reader-', '"missing-'));
    await expect(play(renamed, 'simple-api', 'c')).rejects.toThrow(
      /no secret with name or id "missing-/i,
    );
    await expect(machine.sh('podman inspect simple-api-c-pod-simple-api')).rejects.toThrow(
      'no such',
    );
  });
});

describe('k8s/postgres on Podman', () => {
  const all = ['database', 'simple-api', 'website'];

  test('keeps the list when all is replaced, with a new password; its role is no superuser', async () => {
    const manifests = await manifestsOf('postgres');
    for (const name of all) await play(manifests, name);
    await ask('postgres/editor', '/students/Zo%C3%AB', `-X PUT --json '{"age": "22"}'`);
    expect(await page(websites.a)).toContain('Zoë');

    // In a cluster, that is database-0.
    const inDatabase = (command: string) =>
      machine.sh(command.replace(/kubectl .*? -- /, 'podman exec -i database-a-pod-database '));
    const psql = (user: string, sql: string) =>
      inDatabase(`kubectl exec -- psql -U ${user} -Atc '${sql}'`);
    const roles = 'SELECT rolname, rolsuper, rolpassword IS NULL FROM pg_authid WHERE rolcanlogin';
    expect(await psql('postgres', `${roles} ORDER BY 1`)).toBe('postgres|t|t\nstudents|f|f\n');
    const owner = 'SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = current_schema()';
    expect(await psql('students', owner)).toBe('students\n');
    await inDatabase(blockOf('Look after the database', 'pg_dump'));
    expect(await machine.sh('head -c 5 students.dump')).toBe('PGDMP');

    await machine.sh('echo DATABASE_PASSWORD=another >k8s/postgres/database.env');
    await inDatabase(blockOf('Update', 'database.env').replace('deploy', ''));
    const after = await manifestsOf('postgres');
    for (const name of all) await play(after, name);
    expect(await page(websites.a)).toContain('Zoë');
    expect(await ask('postgres/reader', '/get_student_ages/Zo%C3%AB')).toBe('22');
  });
});
