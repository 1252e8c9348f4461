import type { RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

const LIST = '/supmit/api/v1.0/students';

/** The header of the website, which may only read, and of the only visitor who may change the list. */
export const OWN = `Basic ${btoa('website:hidden')}`;
export const RIGHT = `Basic ${btoa('someone:secret')}`;

/** The list that comes with the project, in people's order. */
export const SIX: readonly Student[] = [
  ['Ahmed', '20'],
  ['Amine', '20'],
  ['Hiba', '21'],
  ['Meryem', '23'],
  ['Omar', '20'],
  ['Sara', '23'],
];

export type Student = readonly [name: string, age: string | number];

/** What the API answers instead. */
export type Refused = readonly [status: number, body: object];

/** Plays the API, with a list in memory. */
export function playList(students: Iterable<Student> = SIX) {
  const list = new Map(students);
  const api = {
    list,
    requests: [] as { line: string; body: string; authorization: string }[],
    readers: [OWN],
    readOnly: null as string | null,
    /** What comes before anything is looked at: a refusal, or `true` where it has responded itself. */
    before: async (_line: string, _res: ServerResponse): Promise<Refused | boolean> => false,
    /** The lines of the requests so far, which are forgotten. */
    takeLines: () => api.requests.splice(0).map(({ line }) => line.replace(LIST, '')),
  };
  const tagOf = (value: unknown) =>
    `"${Buffer.from(JSON.stringify(value ?? null))
      .toString('base64url')
      .slice(-5_000)}"`;

  function page(search: URLSearchParams) {
    const of = (key: string, otherwise = '') => search.get(key) ?? otherwise;
    const size = Number(of('size', '100'));
    const direction = of('order') === 'desc' ? -1 : 1;
    const isByAge = of('sort') === 'age';
    const wanted = of('name').toLowerCase();
    const found = [...list].filter(([name]) => name.toLowerCase().includes(wanted));
    found.sort(([a], [b]) => (a < b ? -1 : 1) * (isByAge ? 1 : direction));
    if (isByAge) found.sort(([, a], [, b]) => direction * (Number(a) - Number(b)));
    const ages: Record<string, number> = {};
    for (const [, age] of found) ages[Number(age)] = (ages[Number(age)] ?? 0) + 1;
    const pages = Math.max(1, Math.ceil(found.length / size));
    const page = Math.min(Number(of('page', '1')), pages);
    const shown = found.slice((page - 1) * size, page * size).map(([name, age]) => ({ name, age }));
    const counts = { page, pages, size, matching: found.length, all: list.size, ages };
    return { students: shown, ...counts, read_only: api.readOnly };
  }

  function patch(body: string, isPreview: boolean) {
    // In their order, and not as the keys of an object.
    const members = [...body.matchAll(/("(?:[^"\\]|\\.)*"):("\d+")/g)]
      .map(([, name = '', age = '']): [string, string] => [JSON.parse(name), JSON.parse(age)])
      .filter(([name, age]) => list.get(name) !== age);
    const students = members.map(([name, age]) => {
      const like = [...list.keys()].find((it) => it.toLowerCase() === name.toLowerCase());
      return { name, age, was: list.get(name) ?? null, ...(!list.has(name) && { like }) };
    });
    if (!isPreview) for (const [name, age] of members) list.set(name, age);
    return isPreview ? { students } : {};
  }

  const listener: RequestListener = async (req, res) => {
    const { method = '', url = '', headers } = req;
    const { authorization = '', 'content-type': type } = headers;
    const body = await text(req);
    const line = `${method} ${url}`;
    api.requests.push({ line, body, authorization });
    const [path = '', search] = url.split('?');
    const searchParams = new URLSearchParams(search);
    const isEditor = authorization === RIGHT;
    const isChange = !['GET', 'HEAD'].includes(method);
    const isList = path === LIST;
    const name = decodeURIComponent(path.slice(LIST.length + 1));
    const tag = tagOf(isList ? [[...list], api.readOnly] : list.get(name));
    const isOther = (headers['if-match'] ?? tag) !== tag;
    const isRefused = await api.before(line, res);

    function answer(): Refused {
      if (isRefused && isRefused !== true) return isRefused;
      if (!isEditor && !api.readers.includes(authorization)) return [401, { error: 'Who?' }];
      if (isChange && api.readOnly) return [405, { error: api.readOnly }];
      if (isChange && !isEditor) return [403, { error: 'These credentials may read the list' }];
      if (isOther || (headers['if-none-match'] === '*' && list.has(name)))
        return [412, { error: 'Other' }];
      if (headers['if-none-match'] === tag) return [304, {}];
      if (isList && !isChange) return [200, page(searchParams)];
      if (isList && type === 'application/merge-patch+json')
        return [200, patch(body, searchParams.has('preview'))];
      if (name === '' || (method !== 'PUT' && !list.has(name)))
        return [404, { error: 'Not found' }];
      if (method === 'GET') return [200, { name, age: list.get(name) }];
      if (method === 'DELETE') return [list.delete(name) ? 204 : 404, {}];
      const { age } = JSON.parse(body);
      if (!/^\d{1,3}$/.test(age)) return [400, { error: 'Bad request', fields: { age: 'wrong' } }];
      return [list.set(name, age) && type === 'application/json' ? 201 : 500, {}];
    }

    if (isRefused === true) return;
    const [status, value] = answer();
    const allow = isEditor && !api.readOnly ? 'GET, HEAD, OPTIONS, PATCH' : 'GET, HEAD, OPTIONS';
    res.writeHead(status, { 'Content-Type': 'application/json', ETag: tag, Allow: allow });
    res.end(status === 204 ? undefined : JSON.stringify(value));
  };
  return Object.assign(api, { listener });
}
