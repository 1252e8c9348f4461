import { NoListError, type StudentStore } from '../src/students/store';
import { MERGE_PATCH, type Who } from './served';

/** The list that is shipped, and what `get_student_ages` is of it, byte for byte. */
export const SHIPPED =
  '{"Ahmed": "20", "Meryem": "23", "Amine": "20", "Hiba": "21", "Sara": "23", "Omar": "20"}';
export const BODY = `{
  "student_ages": {
    "Ahmed": "20",
    "Amine": "20",
    "Hiba": "21",
    "Meryem": "23",
    "Omar": "20",
    "Sara": "23"
  }
}
`;

const noList = () => Promise.reject(new NoListError('It is not there'));
const refuse = (refused: 'full' | 'broken' | 'no space' | 'read-only' | 'uncertain') => ({
  change: async () => ({ refused, reason: 'a reason' }),
});

/** What a store may come to. */
export const CASES = {
  'no editor': {}, // nor an account of one
  'read-only': { whyReadOnly: async () => 'a reason' },
  'no list': { version: noList, find: noList, query: noList, list: noList, change: noList },
  'not ready': { health: async () => ({ students: undefined, problem: 'It is not there' }) },
  'an old list': { health: async () => ({ students: 6, problem: 'It is broken' }) },
  unexpected: { health: () => Promise.reject(new Error('the cause')) },
  'read-only now': refuse('read-only'),
  full: refuse('full'),
  broken: refuse('broken'),
  'no space': refuse('no space'),
  uncertain: refuse('uncertain'),
} satisfies Record<string, Partial<StudentStore>>;

/** How a request is sent, if not by an editor with nothing. */
interface Sent {
  readonly by?: Who;
  readonly when?: keyof typeof CASES;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request and its response; `{list}` in a header stands for the entity tag of the shipped list. */
export type Row = readonly [
  asked: string,
  sent: Sent,
  status: number,
  /** Its body: the text, the text of its `error`, or the whole as JSON. */
  is?: string | object | undefined,
  headers?: Readonly<Record<string, unknown>>,
  /** The ages that others have afterwards. */
  changed?: object,
];

const READING = 'GET, HEAD, OPTIONS';
const READ = { allow: READING };
const LIST = { allow: `${READING}, PATCH` };
const ONE = { allow: `${READING}, PUT, DELETE` };
const CACHED = { 'cache-control': 'private, no-cache' };
const VARY = { ...CACHED, vary: 'Accept-Encoding' };
const LENGTH = (length: string) => ({ 'content-length': length });
const HTML = { 'content-type': 'text/html; charset=utf-8' };
const CHALLENGE = { 'www-authenticate': 'Basic realm="Authentication Required", charset="UTF-8"' };
const ACCEPT = { 'accept-patch': MERGE_PATCH };
const LATER = { 'retry-after': '2' };
const ETAG = (etag: string) => ({ etag, ...CACHED });

const BY = (by: Who) => ({ by });
const [READER, NOBODY, GUESSER] = [BY('reader'), BY('nobody'), BY('guesser')];
const WHEN = (when: keyof typeof CASES) => ({ when });
const [READ_ONLY, NO_LIST] = [WHEN('read-only'), WHEN('no list')];
const NO_EDITOR = { ...READER, ...WHEN('no editor') };
const IF = (tag: string) => ({ headers: { 'If-Match': tag } });
const NONE = (tag: string) => ({ headers: { 'If-None-Match': tag } });
const TYPE = (type: string) => ({ headers: { 'Content-Type': type } });
const OF = (body: string) => ({ body });
const [PUT, PATCH, EMPTY] = [OF('{"age": 1}'), OF('{"Ahmed": 1}'), OF('{}')];

const REASON = 'The list is read-only: a reason';
const NO_ACCOUNT =
  'nobody has an account to change it; set EDITOR_USERNAME and EDITOR_PASSWORD to credentials of their own';
const FORBIDDEN = 'These credentials may read the list, not change it';
const LATE = 'The list has changed meanwhile';
const AGE = 'an age must be from 0 to 150: a whole number, or one to three digits in quotes';
const CONTROL = 'a name has a control character, such as a line break';
const COUNT = (most: number, least = 1) => `must be a number from ${least} to ${most}`;
const UNKNOWN = 'there is no such parameter';
const WRONG = (fields: object) => ({ error: 'Not all parameters are valid', fields });
const INVALID = (fields: object) => ({ ...WRONG(fields), error: NOTHING });
const NOTHING = 'Nothing was changed: not all fields are valid';
const AT = (place: string, what: string) => `Nothing was changed: ${place}: ${what}`;
const DONE = (added: number, changed: number, removed: number) => ({ added, changed, removed });

/** A page of the shipped list with these students. */
function page(names: string, parts: object = {}) {
  const students = names.split(' ').filter(Boolean);
  return {
    students: students.map((name) => ({ name, age: JSON.parse(SHIPPED)[name] })),
    ...{ page: 1, pages: 1, size: 100, matching: 6, all: 6 },
    ages: { 20: 3, 21: 1, 23: 2 },
    read_only: null,
    ...parts,
  };
}

const ALL = 'Ahmed Amine Hiba Meryem Omar Sara';

/** @param pages such as `first 1, last 3` */
const LINKS = (query: string, pages: string) => ({
  link: pages.replace(
    /(\w+) (\d+)/g,
    `</supmit/api/v1.0/students?${query.replace('*', '$2')}>; rel="$1"`,
  ),
});
const BY_NAME = 'name=&sort=name&order=asc&page=*&size=';

// biome-ignore format: one row a line
export const ROWS: readonly Row[] = [
  ['GET /get_student_ages', READER, 200, BODY, { ...VARY, ...LENGTH('139'), 'content-type': 'application/json' }],
  ['GET /get_student_ages?x[y]=%zz', {}, 200, BODY],
  ['GET //supmit/api/v1.0/get%5Fstudent%5fa%67es', {}, 200, BODY],
  ['GET /get_student_ages', NONE('*'), 304, '', VARY],

  ['GET /get_student_ages/Ahmed', READER, 200, '20', { ...HTML, ...LENGTH('2'), ...ETAG('"20"') }],
  ['GET /get_student_ages/Ahmed', NONE('"1", W/"20"'), 304, '', ETAG('"20"')],
  ['GET /get_student_ages/ahmed', {}, 404, 'Not found'],
  ['GET /get_student_ages/constructor', {}, 404],

  ['GET /students', {}, 200, page(ALL), { ...ETAG('{list}'), ...LIST, ...LINKS(`${BY_NAME}100`, 'first 1, last 1') }],
  ['GET /students', READER, 200, page(ALL), { ...ETAG('{list}'), ...READ }],
  ['GET /students', READ_ONLY, 200, page(ALL, { read_only: 'a reason' }), READ],
  ['GET /students', NO_EDITOR, 200, page(ALL, { read_only: NO_ACCOUNT }), READ],
  ['GET /students?size=2', {}, 200, page('Ahmed Amine', { pages: 3, size: 2 }), LINKS(`${BY_NAME}2`, 'first 1, next 2, last 3')],
  ['GET /students?page=2&size=2', {}, 200, page('Hiba Meryem', { page: 2, pages: 3, size: 2 }), LINKS(`${BY_NAME}2`, 'first 1, prev 1, next 3, last 3')],
  ['GET /students?size=4&page=999999999', {}, 200, page('Omar Sara', { page: 2, pages: 2, size: 4 }), LINKS(`${BY_NAME}4`, 'first 1, prev 1, last 2')],
  ['GET /students?size=2&order=desc', {}, 200, page('Sara Omar', { pages: 3, size: 2 }), ETAG('{list}')],
  ['GET /students?size=3&sort=age&order=desc', {}, 200, page('Meryem Sara Hiba', { pages: 2, size: 3 })],
  ['GET /students?name=%C3%80M&sort=age', {}, 200, page('Amine', { matching: 1, ages: { 20: 1 } }), LINKS('name=%C3%80M&sort=age&order=asc&page=*&size=100', 'first 1, last 1')],
  ['GET /students?name=e%26', {}, 200, page('', { matching: 0, ages: {} }), LINKS('name=e%26&sort=name&order=asc&page=*&size=100', 'first 1, last 1')],
  ['GET /students?name=a%00', {}, 200, page('', { matching: 0, ages: {} })],
  [`GET /students?name=${'%F0%9F%98%80'.repeat(200)}&size=1000`, {}, 200, page('', { matching: 0, ages: {}, size: 1000 })],
  ['GET /students?age=20&size=2&order=desc', {}, 200, page('Omar Amine', { pages: 2, size: 2, matching: 3 }), LINKS('name=&age=20&sort=name&order=desc&page=*&size=2', 'first 1, next 2, last 2')],
  ['GET /students?name=am&age=23&sort=age', {}, 200, page('', { matching: 0, ages: { 20: 1 } })],
  ['GET /students?age=151', {}, 400, WRONG({ age: COUNT(150, 0) })],
  ['GET /students?age=&age=1', {}, 400, WRONG({ age: 'is there more than once' })],
  [`GET /students?name=${'x'.repeat(201)}`, {}, 400, WRONG({ name: 'must have at most 200 characters' })],
  ['GET /students?page=0&size=1001', {}, 400, WRONG({ page: COUNT(999_999_999), size: COUNT(1_000) })],
  ['GET /students?sort=Name&order=&page=0x10', {}, 400, WRONG({ sort: 'must be name or age', order: 'must be asc or desc', page: COUNT(999_999_999) })],
  ['GET /students?size=1&size=1&__proto__=1&Name=', {}, 400, WRONG({ size: 'is there more than once', ['__proto__']: UNKNOWN, Name: UNKNOWN })],
  ['GET /students', { ...READER, ...NONE('"x", W/{list}') }, 304, '', { ...ETAG('{list}'), ...READ }],
  ['GET /students?page=2&size=3', NONE('*'), 304, '', { ...ETAG('{list}'), ...LIST }],
  ['GET /students', { ...READ_ONLY, ...NONE('{list}') }, 200, page(ALL, { read_only: 'a reason' })],
  ['GET /students', IF('"x", {list}'), 200, page(ALL)],
  ['GET /students', IF('W/{list}'), 412, LATE],
  ['GET /students', { ...READ_ONLY, ...IF('{list}') }, 412, LATE],
  ['OPTIONS /students', NOBODY, 200, '', { ...LIST, ...ACCEPT }],
  ['OPTIONS /students', { ...NOBODY, ...READ_ONLY }, 200, '', { 'accept-patch': undefined }],
  ['POST /students', {}, 405, 'Method not allowed', LIST],

  ['PATCH /students', OF('{"Omar": null, "Zoë": 7, "Sara": "021"}'), 200, DONE(1, 1, 1), {}, { Omar: undefined, Zoë: 7, Sara: '021' }],
  ['PATCH /students', OF('{"nobody": null, "Ahmed": "20"}'), 200, DONE(0, 0, 0)],
  ['PATCH /students', EMPTY, 200, DONE(0, 0, 0)],
  ['PATCH /students', { ...PATCH, ...IF('{list}') }, 200, DONE(0, 1, 0), {}, { Ahmed: 1 }],
  ['PATCH /students', { ...PATCH, ...IF('"x"') }, 412, LATE],
  ['PATCH /students', { ...PATCH, ...NONE('*') }, 412, LATE],
  ['PATCH /students?preview=false', PATCH, 200, DONE(0, 1, 0), {}, { Ahmed: 1 }],
  ['PATCH /students?preview=true', OF('{"Omár": "20", "Sara": 1, "Hiba": null, "Ahmed": "20", "nobody": null}'), 200, { ...DONE(1, 1, 1), students: [
    { name: 'Omár', age: '20', was: null, like: 'Omar' }, { name: 'Sara', age: 1, was: '23' }, { name: 'Hiba', age: null, was: '21' }] }, { etag: '{list}' }],
  ['PATCH /students?preview=true', OF('{"OMAR": 1, "Zoë": 2, "Omar": null}'), 200, { ...DONE(2, 0, 1), students: [
    { name: 'OMAR', age: 1, was: null }, { name: 'Zoë', age: 2, was: null }, { name: 'Omar', age: null, was: '20' }] }, { etag: '{list}' }],
  ['PATCH /students?preview=true', { ...PATCH, ...IF('"x"') }, 412, LATE],
  ['PATCH /students?preview', PATCH, 400, WRONG({ preview: 'must be true or false' })],
  ['PATCH /students?Preview=true', PATCH, 400, WRONG({ Preview: UNKNOWN })],
  ['PATCH /students', OF('{"Ahmed": 1,\n "Ahmed": 2}'), 400, AT('line 2, column 2', 'this name is there already')],
  ['PATCH /students', OF('{"Zoë": 1, "Ahmed": 151}'), 400, AT('line 1, column 21', AGE)],
  ['PATCH /students', OF('{"Ahmed": true}'), 400, AT('line 1, column 11', AGE)],
  ['PATCH /students', OF('{"a\\u0000": 1}'), 400, AT('line 1, column 2', CONTROL)],
  ['PATCH /students', OF('{"": 1}'), 400, AT('line 1, column 2', 'a name is empty')],
  ['PATCH /students', OF('{"Ahmed": 1'), 400, AT('line 1, column 12', "expected ',' or '}', but the text ends")],
  ['PATCH /students', OF(`{"Ahmed": "${'1'.repeat(1024 * 1024)}"}`), 413, 'Request body too large', { connection: 'close' }],
  ['PATCH /students', { ...EMPTY, ...TYPE('application/json') }, 415, `The body must be ${MERGE_PATCH}`, ACCEPT],

  ['GET /students/Ahmed', {}, 200, { name: 'Ahmed', age: '20' }, { ...ETAG('"string-20"'), ...ONE }],
  ['GET /students/Ahmed', READER, 200, { name: 'Ahmed', age: '20' }, READ],
  ['GET /students/Ahmed', NONE('W/"string-20"'), 304, '', { ...ETAG('"string-20"'), ...ONE }],
  ['GET /students/Ahmed', NONE('"number-20"'), 200],
  ['GET /students/__proto__', {}, 404, 'Not found'],
  ['OPTIONS /students/Zoe', NOBODY, 200, '', ONE],
  ['PATCH /students/Ahmed', {}, 405, 'Method not allowed', ONE],

  ['PUT /students/Ahmed', PUT, 200, { name: 'Ahmed', age: 1 }, {}, { Ahmed: 1 }],
  ['PUT /students/Zo%C3%AB', OF('{"name": "Zoë", "age": "007"}'), 201, { name: 'Zoë', age: '007' }, { location: '/supmit/api/v1.0/students/Zo%C3%AB' }, { Zoë: '007' }],
  ['PUT /students/Ahmed', OF('{"name": "Sara", "age": true}'), 400, INVALID({ name: 'it is not that of the path', age: AGE })],
  ['PUT /students/a%0Ab', PUT, 400, INVALID({ name: CONTROL })],
  [`PUT /students/${'x'.repeat(201)}`, EMPTY, 400, INVALID({ name: 'a name has more than 200 characters', age: AGE })],
  ['PUT /students/Ahmed', OF('{"age": 1, "age": 2}'), 400, 'The body must be a JSON object such as {"age": "21"}'],
  ['PUT /students/Ahmed', { ...PUT, ...IF('"x", "string-20"') }, 200, { name: 'Ahmed', age: 1 }, {}, { Ahmed: 1 }],
  ['PUT /students/Ahmed', { ...PUT, ...IF('W/"string-20"') }, 412, 'It has changed meanwhile'],
  ['PUT /students/Zoe', { ...PUT, ...IF('*') }, 412, 'It is gone'],
  ['PUT /students/Zoe', { ...PUT, ...NONE('*') }, 201, { name: 'Zoe', age: 1 }, {}, { Zoe: 1 }],
  ['PUT /students/Ahmed', { ...PUT, ...NONE('*') }, 412, 'It is there already'],
  ['PUT /students/Ahmed?preview=true', PUT, 400, WRONG({ preview: UNKNOWN })],
  ['DELETE /students/Ahmed?preview=true', {}, 400, WRONG({ preview: UNKNOWN })],
  ['PUT /students/Ahmed', OF(`{"age": "${'1'.repeat(4096)}"}`), 413, 'Request body too large', { connection: 'close' }],
  ['PUT /students/Ahmed', { ...PUT, headers: { 'Content-Range': 'bytes 0-9/10' } }, 400, 'Nothing was changed: a student cannot be sent in parts (Content-Range)'],
  ['PUT /students/Ahmed', { ...PUT, ...TYPE(MERGE_PATCH) }, 415, 'The body must be application/json'],

  ['DELETE /students/Ahmed', {}, 204, '', {}, { Ahmed: undefined }],
  ['DELETE /students/Ahmed', IF('"number-20"'), 412, 'It has changed meanwhile'],
  ['DELETE /students/Zoe', IF('*'), 404, 'Not found'],

  ...['/get_student_ages', '/get_student_ages/Ahmed', '/students', '/students/Ahmed'].flatMap((path): Row[] => [
    [`GET ${path}`, { ...NOBODY, ...NO_LIST }, 401, 'Unauthorized access', CHALLENGE],
    [`GET ${path}`, { ...GUESSER, ...NONE('*') }, 401, 'Unauthorized access', CHALLENGE],
    [`GET ${path}`, NO_LIST, 503, 'It is not there', LATER],
    [`OPTIONS ${path}`, { ...NOBODY, ...READ_ONLY }, 200, '', READ],
    [`POST ${path}`, READ_ONLY, 405, 'Method not allowed', READ],
  ]),
  ...['PATCH /students', 'PUT /students/Ahmed', 'DELETE /students/Ahmed'].flatMap((change): Row[] => [
    [change, { ...PUT, ...READ_ONLY, ...GUESSER }, 401, 'Unauthorized access', CHALLENGE],
    [change, { ...PUT, ...READ_ONLY, ...READER }, 405, REASON, READ],
    [change, { ...PUT, ...NO_EDITOR }, 405, `The list is read-only: ${NO_ACCOUNT}`, READ],
    [change, { ...PUT, ...READER }, 403, FORBIDDEN],
    [change, { ...PUT, ...NO_LIST }, 503, 'Nothing was changed: It is not there', LATER],
    [change, { ...PUT, ...WHEN('read-only now') }, 405, REASON, READ],
    [change, { ...PUT, ...WHEN('full') }, 409, 'a reason'],
    [change, { ...PUT, ...WHEN('broken') }, 409, 'a reason'],
    [change, { ...PUT, ...WHEN('no space') }, 507, 'a reason'],
    [change, { ...PUT, ...WHEN('uncertain') }, 504, 'a reason'],
    [change, { ...PUT, headers: { Host: 'a, b' } }, 400, 'Bad request', { connection: 'close' }],
  ]),

  ['GET /health/live', { ...NOBODY, ...NO_LIST }, 200, { status: 'live' }],
  ['GET /health/ready', NOBODY, 200, { status: 'ready', students: 6 }],
  ['GET /health/ready', WHEN('an old list'), 200, { status: 'ready', students: 6, problem: 'It is broken' }],
  ['GET /health/ready', WHEN('not ready'), 503, 'It is not there', LATER],
  ['GET /health/ready', WHEN('unexpected'), 500, 'Internal server error'],
  ...['/', '/openapi.json', '/health/live', '/health/ready', '/get_student_ages', '/get_student_ages/Ahmed', '/students', '/students/Ahmed'].map(
    (path): Row => [`GET ${path}`, { headers: { Host: 'a, b' } }, 400, 'Bad request'],
  ),
  ...['/', '/openapi.json', '/health/live', '/health/ready'].flatMap((path): Row[] => [
    [`POST ${path}`, { body: 'x'.repeat(4097) }, 413, 'Request body too large', { connection: 'close' }],
    [`GET ${path}`, NOBODY, 200, undefined, { 'content-type': 'application/json' }],
    [`OPTIONS ${path}`, NOBODY, 200, '', READ],
    [`PATCH ${path}`, NOBODY, 405, 'Method not allowed', READ],
  ]),
  ...['/get_student_ages/', '/Get_student_ages', '/get_student_ages/Ahmed/', '/students/', '/students/a/b', '/students%2FAhmed', '/health/live/', '/__proto__'].flatMap((path): Row[] => [
    [`GET ${path}`, {}, 404, 'Not found'],
    [`POST ${path}`, NOBODY, 404, 'Not found'],
  ]),
  ...['/%zz', '/%', '/get_student_ages%ff', '/get_student_ages/%ff', '/students/%ff'].map((path): Row => [`GET ${path}`, {}, 400, 'Bad request']),
  [`GET /${'x'.repeat(16 * 1024)}`, {}, 431, 'Request headers too large', { connection: 'close' }],
];
