import type { RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { SIX } from './scripted-api';

const BASE = '/supmit/api/v1.0';

/** The header of the only visitor who may change the list. */
export const RIGHT = `Basic ${Buffer.from('someone:secret').toString('base64')}`;

/** The API's refusal of a request. */
export type Refused = readonly [status: number, body: object];

/** Whether a request changes something; else it only asks whether it could. */
const isChange = (line: string, body: string) => !line.startsWith('PATCH') || body !== '{}';

/** Refuses all changes, but not the question whether there may be some. */
export const refuseChanges =
  (...refused: Refused) =>
  (line: string, body: string) =>
    isChange(line, body) ? refused : undefined;

/** Plays an API whose list can be changed. */
export function playList(students: Iterable<readonly [string, string | number]> = SIX) {
  const list = new Map(students);
  const api = {
    list,
    requests: [] as { line: string; body: string; authorization: string | undefined }[],
    /** What happens before a change is looked at; it may be refused. */
    before: (_line: string, _body: string): Refused | undefined => undefined,
    accepted: [RIGHT],
  };

  const tagOf = (name: string) => `"${encodeURIComponent(name)}-${list.get(name)}"`;

  const listener: RequestListener = async (req, res) => {
    const { method = '', url = '', headers } = req;
    const body = await text(req);
    api.requests.push({ line: `${method} ${url}`, body, authorization: headers.authorization });
    if (!api.accepted.includes(headers.authorization ?? ''))
      return send(res, 401, { error: 'Unauthorized access' });
    if (url === `${BASE}/get_student_ages`) {
      const members = [...list].map((pair) => pair.map((it) => JSON.stringify(it)).join(':'));
      res.writeHead(200, { ETag: `"${Buffer.from(members.join()).toString('base64url')}"` });
      return res.end(`{"student_ages":{${members}}}`);
    }
    const refused = method === 'GET' ? undefined : api.before(`${method} ${url}`, body);
    if (refused) return send(res, ...refused);
    if (url === `${BASE}/students` && method === 'PATCH') {
      expectType(headers['content-type'], 'application/merge-patch+json');
      const changes: [string, string][] = Object.entries(JSON.parse(body));
      const added = changes.filter(([name]) => !list.has(name)).length;
      for (const [name, age] of changes) list.set(name, age);
      return send(res, 200, { added, changed: changes.length - added, removed: 0 });
    }
    const name = decodeURIComponent(url.slice(`${BASE}/students/`.length));
    if (name === '') return send(res, 404, { error: 'Not found' });
    const isThere = list.has(name);
    const match = headers['if-match'];
    if (
      (match !== undefined && match !== tagOf(name)) ||
      (headers['if-none-match'] === '*' && isThere)
    ) {
      return send(res, 412, { error: 'It is not what the condition says' });
    }
    if (method === 'PUT') {
      expectType(headers['content-type'], 'application/json');
      const { age } = JSON.parse(body);
      if (!/^\d{1,3}$/.test(age)) {
        return send(res, 400, { error: 'Bad request', fields: { age: 'must be a whole number' } });
      }
      list.set(name, age);
      return send(res, isThere ? 200 : 201, { name, age });
    }
    if (!isThere) return send(res, 404, { error: 'Not found' });
    if (method === 'GET')
      return send(res, 200, { name, age: list.get(name) }, { ETag: tagOf(name) });
    list.delete(name);
    return res.writeHead(204).end();
  };
  return Object.assign(api, { listener });
}

function send(res: ServerResponse, status: number, body: object, headers = {}): void {
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  res.end(JSON.stringify(body));
}

function expectType(found: string | undefined, wanted: string): void {
  if (found !== wanted) throw new Error(`${found} instead of ${wanted}`);
}
