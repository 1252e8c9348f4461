import { randomBytes } from 'node:crypto';
import { type ClientRequest, get } from 'node:http';
import { describe, expect, jest, test } from '@jest/globals';
import { countOf, rowsOf } from '../../test/html';
import type { Student } from '../../test/recorded-api';
import { respond, startServer } from '../../test/scripted-api';
import { openSite, type Site, wordsOf } from '../../test/site';
import { createKeptPages, MAX_PAGES } from './kept-pages';
import { representPage } from './views';

const ALL_BUT_DATE = [
  ...(['nextTick', 'queueMicrotask', 'hrtime', 'performance'] as const),
  ...(['setImmediate', 'setInterval', 'setTimeout'] as const),
  ...(['clearImmediate', 'clearInterval', 'clearTimeout'] as const),
];
const AWAY =
  /The student list has not been reachable since (\d+ \w+ \d{4}, \d\d:\d\d UTC)\. This page/;

describe('a page that was shown', () => {
  test('is kept for as long as the list is the same, and costs one small question', async () => {
    const site = await openSite({ isProduction: true });
    const { text } = await site.visit.get('/students?name=a');
    expect(countOf(text)).toBe('5 of 6 students');
    expect(rowsOf((await site.visit.get('/students')).text)).toHaveLength(6);
    site.api.takeLines();
    expect((await site.visit.get('/students?x=y&name=a').expect(200)).text).toBe(text);
    expect((await site.visit.post('/')).text).toBe((await site.visit.get('/students')).text);
    expect(site.api.takeLines()).toEqual(['HEAD ', 'HEAD ', 'HEAD ']);
    await site.api.set('Zara', 7);
    const { text: newer } = await site.visit.get('/students?name=a');
    expect(countOf(newer)).toBe('6 of 7 students');
    expect(site.api.takeLines()).toHaveLength(2);
  });

  test.each(['gzip', 'identity'])('is sent as %s, and known again', async (coding) => {
    const site = await openSite({ isProduction: true });
    const ask = (accepted: string, noneMatch = '') => ({
      'Accept-Encoding': accepted,
      'If-None-Match': noneMatch,
    });
    const { text: other, headers: of } = await site.visit
      .get('/students')
      .set('Accept-Encoding', coding === 'gzip' ? 'identity' : 'gzip');
    const { text, headers } = await site.visit.get('/students').set(ask(coding, of['etag']));
    expect(text).toBe(other);
    expect(headers['content-encoding']).toBe(coding === 'gzip' ? 'gzip' : undefined);
    const known = { etag: headers['etag'], vary: 'Accept-Encoding' };
    expect(known.etag).toMatch(/^"[\w-]{22}"$/);
    for (const tags of [known.etag, `"a", W/${known.etag}`]) {
      const again = await site.visit.get('/students').set(ask(coding, tags)).expect(304);
      expect(again.headers).toMatchObject({ ...known, 'cache-control': 'private, no-cache' });
      await site.visit.post('/').set(ask(coding, tags)).expect(200);
    }
    const head = await site.visit.head('/students').set('Accept-Encoding', coding).expect(200);
    expect(head.headers).toMatchObject({ ...known, 'content-length': headers['content-length'] });
    site.endApi();
    const away = await site.visit.get('/students').set(ask(coding, known.etag)).expect(200);
    expect(wordsOf(away.text)).toMatch(AWAY);
    expect(away.headers['etag']).toBeUndefined();
  });

  test('is not kept beyond 4 MiB, with what is compressed', async () => {
    const kept = createKeptPages();
    for (const address of ['a', 'b', 'b', 'c']) {
      kept.keep(address, '1', await representPage(randomBytes(1024 * 1024)));
    }
    expect(['a', 'b', 'c'].map((address) => kept.get(address) !== undefined)).toEqual([
      false,
      false,
      true,
    ]);
    kept.keep('d', '1', await representPage(Buffer.alloc(1024 * 1024)));
    expect(kept.get('c')).toBeDefined();
    expect(kept.get('d', '2')).toBeUndefined();
  });

  test('is kept among a hundred; what was not asked for longest goes first', async () => {
    const site = await openSite({ isProduction: true });
    const isKept = async (name: number) => {
      site.api.takeLines();
      await site.visit.get(`/students?name=${name}`).expect(200);
      return site.api.takeLines().length === 1;
    };
    for (let name = 0; name < MAX_PAGES; name++) await isKept(name);
    expect(await isKept(0)).toBe(true);
    expect(await isKept(MAX_PAGES)).toBe(false);
    expect([await isKept(0), await isKept(2), await isKept(1)]).toEqual([true, true, false]);
  });

  test('is always kept if it is the first of all, and not if it is behind the last', async () => {
    const length = 100 * (MAX_PAGES + 2);
    const students = Array.from({ length }, (_, i): Student => [`Student ${i}`, 20]);
    const site = await openSite({ isProduction: true, students });
    for (let page = 1; page <= MAX_PAGES + 3; page++)
      await site.visit.get(`/students?page=${page}`).expect(200);
    site.endApi();
    await site.visit.get('/students').expect(200);
    for (const [page, status] of [
      [2, 503],
      [3, 200],
      [MAX_PAGES + 2, 200],
      [MAX_PAGES + 3, 503],
    ]) {
      await site.visit.get(`/students?page=${page}`).expect(Number(status));
    }
  });

  test('is not kept in development, where an edit of a view shows at once', async () => {
    const site = await openSite();
    for (let i = 0; i < 2; i++) await site.visit.get('/students').expect(200);
    expect(site.api.takeLines()).toHaveLength(4);
    site.endApi();
    await site.visit.get('/students').expect(503);
  });
});

describe('while the list cannot be had', () => {
  test.each<[string, (site: Site) => unknown]>([
    ['the API is away', ({ endApi }) => endApi()],
    ['there is none', ({ api }) => (api.before = async () => respond(503))],
    ['the API refuses the website', ({ api }) => (api.before = async () => respond(401))],
    [
      'pages fail',
      async ({ api }) => {
        await api.set('Zara', 7); // what is kept is too old
        api.before = async (line) => line.startsWith('GET') && respond(500);
      },
    ],
  ])('because %s, a page is shown again, with a line that says so', async (_why, fail) => {
    const site = await openSite({ isProduction: true });
    const { text, headers } = await site.visit.get('/students?name=a');
    expect(headers['cache-control']).toBe('private, no-cache');
    await site.visit.get('/students');
    await fail(site);
    for (let i = 0; i < 2; i++) {
      const again = await site.visit.get('/students?name=a').expect(200);
      expect(again.headers['cache-control']).toBe('no-store');
      const [line = ''] =
        /^ *<p class="message problem" role="status">.*<\/p>\n/m.exec(again.text) ?? [];
      expect(again.text.replace(line, '')).toBe(text);
      const [, words = ''] = AWAY.exec(wordsOf(line)) ?? [];
      expect(Date.parse(words)).toBe(Date.parse(/datetime="(.*?)"/.exec(line)?.[1] ?? ''));
    }
    expect(wordsOf((await site.visit.post('/').expect(200)).text)).toMatch(AWAY);
    expect((await site.visit.get('/students?name=b')).status).toBeGreaterThan(500);
    expect(site.logged(30).filter(({ level, cause }) => level === 40 && cause)).toHaveLength(1);
    expect(JSON.stringify(site.logged())).not.toContain('hidden');
  });

  test('the line names the first failure after the last success', async () => {
    const site = await openSite({ isProduction: true });
    const showAt = async (time: string, isAway: boolean) => {
      jest.setSystemTime(new Date(time));
      site.api.before = async () => isAway && respond(503);
      return AWAY.exec(wordsOf((await site.visit.get('/students').expect(200)).text))?.[1];
    };
    jest.useFakeTimers({ doNotFake: ALL_BUT_DATE });
    try {
      expect(await showAt('2026-11-29T18:00Z', false)).toBeUndefined();
      expect(await showAt('2026-11-29T18:03:59Z', true)).toBe('29 November 2026, 18:03 UTC');
      expect(await showAt('2026-11-30T07:00Z', true)).toBe('29 November 2026, 18:03 UTC');
      expect(await showAt('2026-11-30T07:01Z', false)).toBeUndefined();
      expect(await showAt('2026-11-30T07:02Z', true)).toBe('30 November 2026, 07:02 UTC');
    } finally {
      jest.useRealTimers();
    }
  });
});

test('two queries with a filter are under way at a time, and keep no other page waiting; who has left is not asked for', async () => {
  const site = await openSite({ isProduction: true });
  const waiting = new Map<string, () => void>();
  site.api.before = async (line) => {
    const [, name] = /^GET.*name=(\w+)/.exec(line) ?? [];
    if (name) await new Promise<void>((resolve) => waiting.set(name, resolve));
    return false;
  };
  const { url } = await startServer(site.app);
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise(setImmediate);
  };
  const heads = () => site.api.requests.filter(({ line }) => line.startsWith('HEAD')).length;
  const asked = new Map<string, ClientRequest>();
  for (const name of ['a', 'b', 'gone', 'next']) {
    const before = heads();
    asked.set(
      name,
      get(`${url}/students?name=${name}`).on('error', () => {}),
    );
    await until(() => heads() > before);
    await site.visit.get('/health/ready').expect(200); // the question is answered, and it waits
  }
  await site.visit.get('/students?sort=age').expect(200);
  expect([...waiting.keys()].sort()).toEqual(['a', 'b']);
  asked.get('gone')?.destroy();
  await site.visit.get('/health/ready').expect(200);
  asked.get('a')?.destroy();
  await until(() => waiting.has('next'));
  expect(waiting.has('gone')).toBe(false);
  expect(site.logged(30)).toEqual([]);
});
