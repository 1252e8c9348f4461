import type { RequestListener } from 'node:http';
import { createApp } from '../../simple_api/src/app';
import { STUDENTS_PATH } from '../../simple_api/src/http/documents';
import type { Age } from '../../simple_api/src/students/student';
import { captureLog } from '../../simple_api/test/captured-log';
import { openList } from '../../simple_api/test/opened-list';

/** The header of the website, which may only read, and of the only visitor who may change the list. */
export const OWN = `Basic ${btoa('website:hidden')}`;
export const RIGHT = `Basic ${btoa('someone:secret')}`;
const READER = { API_USERNAME: 'website', API_PASSWORD: 'hidden' };
const EDITOR = { EDITOR_USERNAME: 'someone', EDITOR_PASSWORD: 'secret' };

export type Student = readonly [name: string, age: Age];

/** The list that comes with the project, in people's order. */
const six = { Ahmed: '20', Amine: '20', Hiba: '21', Meryem: '23', Omar: '20', Sara: '23' };
export const SIX: readonly Student[] = Object.entries(six);

/** Opens the real API, for one test, with a record of what it is asked for. */
export async function openApi(students: readonly Student[] = SIX) {
  const store = await openList(JSON.stringify(Object.fromEntries(students)));
  const { logger, lines } = captureLog();
  const real = createApp(store, { ...READER, ...EDITOR }, logger);
  const api = {
    store,
    /** Of its log. */
    lines,
    requests: [] as { line: string; authorization: string | undefined; forwarded: unknown }[],
    /** Looks at each request first, and may have something else respond. */
    before: async (_line: string): Promise<RequestListener | false> => false,
    /** The lines of the requests so far, which are forgotten. */
    takeLines: () => api.requests.splice(0).map(({ line }) => line.replace(STUDENTS_PATH, '')),
    ageOf: async (name: string) => (await store.find([name])).get(name),
    /** Changes the list as somebody else does. */
    set: (name: string, age: Age | null) => store.change({ ages: new Map([[name, age]]) }),
  };
  const listener: RequestListener = async (req, res) => {
    const line = `${req.method} ${req.url}`;
    const { authorization, 'x-forwarded-for': forwarded } = req.headers;
    api.requests.push({ line, authorization, forwarded });
    const instead = await api.before(line);
    (instead || real)(req, res);
  };
  return Object.assign(api, { listener });
}
