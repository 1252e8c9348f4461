import Ajv from 'ajv/dist/2020';
import document from '../openapi.json';

const ajv = new Ajv({ allowUnionTypes: true })
  .addVocabulary([...Object.keys(document), 'example'])
  .addSchema(document, 'openapi.json');

const step = (key: string) => `/${key.replaceAll('/', '~1')}`;

/** The place in the description, and what is there; of a reference where it leads. */
function find(place: string): { place: string; found: Readonly<Record<string, object>> } {
  const keys = place.slice(2).split('/');
  const found = keys.reduce(
    (node: unknown, key) => Object(node)[key.replaceAll('~1', '/')],
    document,
  );
  const { $ref } = Object(found);
  return $ref ? find($ref) : { place, found: Object(found) };
}

/** What is wrong with a value by the schema of what is at a place. */
export function mistakesAt(place: string, value: unknown): readonly unknown[] {
  const validate = ajv.getSchema(`openapi.json${place}/schema`);
  return validate?.(value) ? [] : (validate?.errors ?? ['there is no such schema']);
}

/** All that is described: method, path and status. */
export const DESCRIBED = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { responses }]) =>
    Object.keys(responses).map((status) => ({ method, path, status })),
  ),
);

/** The path in the description that a path belongs to. */
export function describedPath(path: string): string | undefined {
  const [bare = ''] = path.split('?');
  const paths = Object.keys(document.paths);
  return paths.find((it) => new RegExp(`^${it.replace('{name}', '[^/]+')}$`).test(bare));
}

/** What is wrong with a response, where the description has its path and method. */
export function mistakesOf(
  method: string,
  asked: string,
  res: { status: number; headers: Readonly<Record<string, string>>; text: string },
): readonly unknown[] {
  const path = describedPath(asked);
  const known = DESCRIBED.filter((it) => it.path === path && it.method === method);
  if (path === undefined || known.length === 0 || res.status === 500) return [];
  if (!known.some(({ status }) => status === `${res.status}`)) return ['it is not described'];
  const { place, found } = find(`#/paths${step(path)}/${method}/responses/${res.status}`);
  const mistakes = Object.keys(found['headers'] ?? {}).flatMap((name) => {
    const header = find(`${place}/headers/${name}`);
    const given = res.headers[name.toLowerCase()];
    const isMissing = given === undefined && Object(header.found)['required'] === false;
    return isMissing ? [] : mistakesAt(header.place, given);
  });
  const [type] = Object.keys(found['content'] ?? {});
  if (type === undefined || method === 'head') return mistakes;
  if (type !== res.headers['content-type']) return ['it has another type'];
  const body: unknown = type === 'application/json' ? JSON.parse(res.text) : res.text;
  return [...mistakes, ...mistakesAt(`${place}/content${step(type)}`, body)];
}
