import { createHash } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

const LIST = '/supmit/api/v1.0/students';

/** The header of the website, which may only read, and of the only visitor who may change the list. */
export const OWN = `Basic ${btoa('website:hidden')}`;
export const RIGHT = `Basic ${btoa('someone:secret')}`;

/** The list that comes with the project, in people's order. */
export const SIX = Object.entries({
  Ahmed: '20',
  Amine: '20',
  Hiba: '21',
  Meryem: '23',
  Omar: '20',
  Sara: '23',
});

type Age = string | number;

/** What the API answers instead. */
export type Refused = readonly [status: number, body: object];

const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Plays the API, with a list in memory. */
export function playList(students: Iterable<readonly [string, Age]> = SIX) {
  const list = new Map(students);
  const api = {
    list,
    requests: [] as { line: string; body: string; authorization: string | undefined }[],
    readers: [OWN],
    readOnly: null as string | null,
    /** What comes before anything is looked at: a refusal, or `true` where it has responded itself. */
    before: async (_line: string, _res: ServerResponse): Promise<Refused | boolean> => false,
    /** The lines of the requests so far, which are forgotten. */
    takeLines: () => api.requests.splice(0).map(({ line }) => line.replace(LIST, '')),
  };
  const tagOf = (value: unknown) =>
    `"${createHash('sha1').update(JSON.stringify(value)).digest('base64url')}"`;

  function page(search: URLSearchParams) {
    const wanted = (search.get('name') ?? '').toLowerCase();
    const [page, size] = [Number(search.get('page') ?? 1), Number(search.get('size') ?? 100)];
    const direction = search.get('order') === 'desc' ? -1 : 1;
    const found = [...list].filter(([name]) => name.toLowerCase().includes(wanted));
    found.sort(([a], [b]) => byCodePoint(a, b));
    if (search.get('sort') === 'age')
      found.sort(([, a], [, b]) => direction * (Number(a) - Number(b)));
    else if (direction < 0) found.reverse();
    const ages: Record<string, number> = {};
    for (const [, age] of found) ages[Number(age)] = (ages[Number(age)] ?? 0) + 1;
    const pages = Math.max(1, Math.ceil(found.length / size));
    const number = Math.min(page, pages);
    const shown = found.slice((number - 1) * size, number * size);
    const counts = { page: number, pages, size, matching: found.length, all: list.size, ages };
    return {
      students: shown.map(([name, age]) => ({ name, age })),
      ...counts,
      read_only: api.readOnly,
    };
  }

  function patch(members: readonly [string, string][], isPreview: boolean) {
    const was = (name: string) => list.get(name) ?? null;
    const changes = members.filter(([name, age]) => list.get(name) !== age);
    const added = changes.filter(([name]) => !list.has(name)).length;
    const counts = { added, changed: changes.length - added, removed: 0 };
    const students = changes.map(([name, age]) => {
      const like = [...list.keys()].find((it) => it.toLowerCase() === name.toLowerCase());
      return { name, age, was: was(name), ...(was(name) === null && like && { like }) };
    });
    if (!isPreview) for (const [name, age] of changes) list.set(name, age);
    return isPreview ? { ...counts, students } : counts;
  }

  const listener: RequestListener = async (req, res) => {
    const { method = '', url = '', headers } = req;
    const body = await text(req);
    const { authorization = '' } = headers;
    const line = `${method} ${url}`;
    api.requests.push({ line, body, authorization });
    const refused = await api.before(line, res);
    if (refused === true) return;
    if (refused) return send(res, ...refused);
    const isEditor = authorization === RIGHT;
    if (!isEditor && !api.readers.includes(authorization)) return send(res, 401, { error: 'No' });
    const allow = isEditor && !api.readOnly ? 'GET, HEAD, OPTIONS, PATCH' : 'GET, HEAD, OPTIONS';
    if (!['GET', 'HEAD'].includes(method)) {
      if (api.readOnly) return send(res, 405, { error: api.readOnly });
      if (!isEditor) return send(res, 403, { error: 'These credentials may read the list' });
    }
    const [path = '', query] = url.split('?');
    const version = tagOf([[...list], api.readOnly]);
    const tag =
      path === LIST ? version : tagOf(list.get(decodeURIComponent(path.slice(LIST.length + 1))));
    const answer = (status: number, value: object) =>
      send(res, status, value, { ETag: tag, Allow: allow });
    if (path === LIST) {
      const match = headers['if-match'] ?? version;
      if (match !== version) return send(res, 412, { error: 'The list has changed meanwhile' });
      const search = new URLSearchParams(query);
      if (method !== 'PATCH') return answer(200, page(search));
      expectType(headers['content-type'], 'application/merge-patch+json');
      return answer(200, patch(membersOf(body), search.has('preview')));
    }
    const name = decodeURIComponent(path.slice(LIST.length + 1));
    if (name === '') return send(res, 404, { error: 'Not found' });
    const isThere = list.has(name);
    const match = headers['if-match'] ?? tag;
    if (match !== tag || (headers['if-none-match'] && isThere)) {
      return send(res, 412, { error: 'It is not what the condition says' });
    }
    if (method === 'PUT') {
      expectType(headers['content-type'], 'application/json');
      const { age } = JSON.parse(body);
      const fields = { age: 'must be a whole number' };
      if (!/^\d{1,3}$/.test(age)) return send(res, 400, { error: 'Bad request', fields });
      list.set(name, age);
      return send(res, isThere ? 200 : 201, { name, age });
    }
    if (!isThere) return send(res, 404, { error: 'Not found' });
    if (method === 'GET') return answer(200, { name, age: list.get(name) });
    list.delete(name);
    res.writeHead(204).end();
  };
  return Object.assign(api, { listener });
}

/** The members of an object whose values are strings, in their order. */
function membersOf(json: string): [string, string][] {
  const members = json.matchAll(/("(?:[^"\\]|\\.)*"):("(?:[^"\\]|\\.)*")/g);
  return [...members].map(([, name = '', age = '']) => [JSON.parse(name), JSON.parse(age)]);
}

function send(res: ServerResponse, status: number, body: object, headers = {}): void {
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  res.end(JSON.stringify(body));
}

function expectType(found: string | undefined, wanted: string): void {
  if (found !== wanted) throw new Error(`${found} instead of ${wanted}`);
}
