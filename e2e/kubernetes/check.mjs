// Checks the manifests on its standard input, a JSON array, against the schemas of Kubernetes, and
// names what is wrong.
import { json } from 'node:stream/consumers';

/**
 * The schemas accept a field that they do not know, but never look at it: notes what they look at.
 *
 * @template T
 * @param {T} value
 * @param {string} path
 * @param {Set<string>} seen
 * @returns {T}
 */
function watch(value, path, seen) {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const field = `${path}/${String(key)}`;
      seen.add(field);
      return watch(Reflect.get(target, key), field, seen);
    },
  });
}

/** @type {(value: unknown, path: string) => string[]} */
function fieldsOf(value, path) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) => [
    `${path}/${key}`,
    ...fieldsOf(field, `${path}/${key}`),
  ]);
}

for (const manifest of Object(await json(process.stdin))) {
  const [version, group = 'core'] = manifest.apiVersion.split('/').reverse();
  const words = [group.split('.')[0], version, manifest.kind];
  const name = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  const { validate } = await import(`kubernetes-models/_schemas/IoK8sApi${name}`);
  const seen = new Set();
  const isValid = validate(watch(manifest, '', seen));
  const problems = fieldsOf(manifest, '').filter((field) => !seen.has(field));
  for (const { instancePath, params } of isValid ? [] : validate.errors) {
    problems.push(`${instancePath} ${JSON.stringify(params)}`);
  }
  for (const problem of problems) {
    console.error(`${manifest.kind} ${manifest.metadata.name}: ${problem}`);
    process.exitCode = 1;
  }
}
