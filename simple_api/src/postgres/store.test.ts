import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { eventually } from '../../test/eventually';
import { served } from '../../test/list-file';
import { describeWithPostgres } from '../../test/postgres';
import type { Change, ListNow } from '../students/change';
import { FOLDING } from '../students/fold';
import { NoListError, type StudentStore } from '../students/store';
import type { Age } from '../students/student';

const set = (store: StudentStore, name: string, age: Age | null, unless?: Change['unless']) =>
  store.change({ ages: new Map([[name, age]]), unless });
const refused = (refused: string, reason = '') => ({
  refused,
  reason: expect.stringContaining(reason),
});

afterEach(() => {
  jest.restoreAllMocks();
});

describeWithPostgres('a store in PostgreSQL', (database) => {
  const open = () => database.open('{"Ahmed": "20"}');
  const owner = () => new URL(database.url()).username;
  /** So that the next connection is refused, or not any more. */
  const allow = (login: 'LOGIN' | 'NOLOGIN') => database.admin(`ALTER ROLE ${owner()} ${login}`);
  const fillDisk = () =>
    database.admin(`CREATE OR REPLACE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON student EXECUTE FUNCTION fill_disk()`);
  const cut = () =>
    database.admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`);

  describe('shared by two', () => {
    test('a change through one is seen at once through the other', async () => {
      const { store } = await open();
      const { store: other } = await database.open();
      for (let i = 0; i < Number(process.env['TIMES'] ?? 200); i++) {
        const [from, to] = i % 2 ? [store, other] : [other, store];
        const before = await to.version();
        await set(from, 'Zoë', i % 150);
        expect((await to.find(['Zoë'])).get('Zoë')).toBe(i % 150);
        expect(await to.version()).not.toBe(before);
      }
    });

    test('of those who race with a condition, one gets through', async () => {
      const stores = [(await open()).store, (await database.open()).store];
      const race = (name: string, unless: Change['unless']) =>
        Promise.all(
          Array.from({ length: 10 }, (_, i) => stores.map((it) => set(it, name, i, unless))).flat(),
        );
      for (let round = 0; round < 20; round++) {
        const name = `new ${round}`;
        const version = await stores[0]?.version();
        const sameList: Change['unless'] = (now) => (now.version === version ? undefined : 'late');
        const noneOfThem: Change['unless'] = (now) => isThere(now, name);
        for (const outcomes of [await race('Ahmed', sameList), await race(name, noneOfThem)]) {
          expect(outcomes.filter((it) => 'edits' in it && it.edits.length > 0)).toHaveLength(1);
        }
      }
    });

    test('three that start at the same time make one list', async () => {
      await database.empty();
      const opened = await Promise.all([1, 2, 3].map(() => database.open()));
      for (const { store } of opened) expect(await served(store)).toEqual({});
      expect((await database.admin('SELECT number FROM migration')).rows).toEqual([{ number: 1 }]);
    });
  });

  test.each([
    ["UPDATE student SET age = '7'", { students: 1, problem: undefined }],
    ['DELETE FROM student', { students: 0, problem: undefined }],
    ['TRUNCATE student', { students: 0, problem: undefined }],
    [
      `INSERT INTO student VALUES ('a', '1', DEFAULT, 'a'), ('Ahmed', '"20"', DEFAULT, 'ahmed')
      ON CONFLICT (name) DO UPDATE SET age = excluded.age`,
      { students: 2, problem: undefined },
    ],
  ])('what psql changes has another version, and is counted: %s', async (sql, health) => {
    const { store } = await open();
    const before = await store.version();
    await database.admin(sql);
    expect(await store.version()).not.toBe(before);
    expect(await store.health()).toEqual(health);
    expect(Object.keys(await served(store))).toHaveLength(health.students);
  });

  test('names are folded anew where they were by other rules', async () => {
    const { store } = await database.open('{"Ahmed": "20", "Zoë": 1}');
    await database.admin(`UPDATE student SET folded = 'x'; UPDATE list SET folding = 'other'`);
    await database.open();
    expect((await database.admin('SELECT folding FROM list')).rows).toEqual([{ folding: FOLDING }]);
    const query = { name: 'ZOE', sort: 'name', order: 'asc', page: 1, size: 9 } as const;
    expect((await store.query(query)).students).toEqual([{ name: 'Zoë', age: 1 }]);
  });

  test('a list of more than a part is read as one state, also while it changes', async () => {
    const names = Array.from({ length: 2_500 }, (_, i) => `Student ${10_000 + i}`);
    const { store } = await database.open(
      JSON.stringify(Object.fromEntries(names.map((name) => [name, 20]))),
    );
    const { version, parts } = await store.list();
    expect(version).toBe(await store.version());
    const read = [];
    for await (const part of parts) {
      read.push(...part.map(({ name }) => name));
      await set(store, 'Zoë', read.length % 150);
    }
    expect(read).toEqual(names);
    const { parts: lost } = await store.list();
    await cut();
    await expect(lost[Symbol.asyncIterator]().next()).rejects.toThrow(NoListError);
  });

  test('pages are the same from the end, and where three letters are looked for', async () => {
    const students = Array.from({ length: 25 }, (_, i) => [`Student ${i}`, i % 3]);
    const store = await database.openList(JSON.stringify(Object.fromEntries(students)));
    for (const sort of ['name', 'age'] as const) {
      for (const order of ['asc', 'desc'] as const) {
        const ask = { name: '', sort, order, page: 1, size: 100 };
        const { students: all } = await store.query(ask);
        for (const name of ['', 'UDE']) {
          const pages = Array.from({ length: 9 }, (_, i) => ({
            ...ask,
            name,
            page: i + 1,
            size: 3,
          }));
          const read = await Promise.all(pages.map(store.query));
          expect(read.flatMap((page) => page.students)).toEqual(all);
        }
      }
    }
  });

  test('a change of many students is made in steps, or not at all', async () => {
    const { store } = await open();
    const many = Array.from({ length: 12_000 }, (_, i) => `Student ${i}`);
    const setAll = (age: Age | null) =>
      store.change({ ages: new Map(many.map((name) => [name, age])) });
    expect(await setAll(20)).toMatchObject({ added: 12_000 });
    expect((await store.health()).students).toBe(12_001);
    expect(await setAll(null)).toMatchObject({ removed: 12_000 });
    let now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => {
      now += 6_000;
      return now;
    });
    await expect(setAll(20)).rejects.toThrow('it takes too long');
    expect(await store.health()).toEqual({ students: 1, problem: undefined });
  });

  describe('when connections are lost', () => {
    test('reads and changes that come next go on with new ones, and nothing is logged', async () => {
      const { store, lines } = await open();
      for (let i = 0; i < 5; i++) {
        await cut();
        expect(await served(store)).toEqual({ Ahmed: i === 0 ? '20' : i - 1 });
        await cut();
        expect(await set(store, 'Ahmed', i)).toMatchObject({ changed: 1 });
      }
      expect(lines).toEqual([]);
    });

    test('one line says that the database is away, and one that it is back', async () => {
      const { store, lines } = await open();
      await allow('NOLOGIN');
      await cut();
      const why = 'the database cannot be used: ';
      for (let i = 0; i < 5; i++) {
        await expect(served(store)).rejects.toThrow(NoListError);
        await expect(set(store, 'Zoë', 1)).rejects.toThrow(why);
        const problem = expect.stringContaining(why);
        expect(await store.health()).toEqual({ students: undefined, problem });
      }
      await allow('LOGIN');
      await eventually(async () => expect(await served(store)).toEqual({ Ahmed: '20' }));
      const [gone, back] = lines.map((line) => JSON.parse(line));
      expect(gone).toMatchObject({ level: 50, msg: expect.stringContaining('no list to serve') });
      expect(back).toMatchObject({ msg: 'nothing is wrong with the database any more' });
      expect(lines).toHaveLength(2);
    });

    test('a line says why else it is away, and none what the log has said already', async () => {
      const { store, lines } = await open();
      const expectProblem = (why: string) =>
        eventually(async () => expect((await store.health()).problem).toMatch(why));
      await database.admin(`ALTER ROLE ${owner()} CONNECTION LIMIT 0`);
      for (let i = 0; i < 2; i++) {
        await allow('NOLOGIN');
        await cut();
        await expectProblem('it refuses the user');
        await allow('LOGIN');
        await expectProblem('it has too many connections');
      }
      await database.admin(`ALTER ROLE ${owner()} CONNECTION LIMIT -1`);
      await eventually(async () => expect((await store.health()).problem).toBeUndefined());
      expect(lines).toHaveLength(3);
    });

    /** Loses the answer to the next commit. @param meanwhile what happens before the connection is back */
    function loseAnswer(meanwhile: () => Promise<unknown> = async () => {}, isMade = true) {
      const spy = answerInstead((client, asked) => {
        if (!`${asked}`.endsWith('COMMIT')) return undefined;
        spy.mockRestore();
        return client
          .query(isMade ? 'COMMIT' : 'ROLLBACK')
          .then(meanwhile)
          .then(lose);
      });
    }
    const notThere: Change['unless'] = (now) => isThere(now, 'Zoë');

    test.each([
      [true, undefined],
      [true, notThere],
      [false, notThere],
    ])(
      'a commit that was made is known by its version, and so is one that was not; made: %s',
      async (isMade, unless) => {
        const { store } = await open();
        loseAnswer(undefined, isMade);
        expect(await set(store, 'Zoë', 1, unless)).toMatchObject({ added: 1 });
        expect(await served(store)).toEqual({ Ahmed: '20', Zoë: 1 });
      },
    );

    test('what became of it is not forgotten when the next commit is lost, too', async () => {
      const { store } = await open();
      const { store: other } = await database.open();
      loseAnswer(async () => {
        await set(other, 'Omar', 2);
        loseAnswer(undefined, false);
      });
      const asked = [set(store, 'Zoë', 1, notThere), set(store, 'Omar', 3)];
      expect(await Promise.all(asked)).toMatchObject([refused('uncertain'), { changed: 1 }]);
    });

    test('it stays uncertain while it cannot be done again', async () => {
      const { store } = await open();
      const { store: other } = await database.open();
      let isTriedAgain = false;
      loseAnswer(async () => {
        await set(other, 'Omar', 2);
        await fillDisk();
        answerInstead((_client, asked) => {
          isTriedAgain ||= Object(asked).name === 'put';
          return undefined;
        });
      }, false);
      const asked = set(store, 'Zoë', 1);
      await eventually(async () => expect(isTriedAgain).toBe(true));
      await database.admin('DROP TRIGGER full_disk ON student'); // after the try, which has locked the table
      expect(await asked).toMatchObject({ added: 1 });
    });

    test.each([true, false])(
      'where others have changed the list since, what has a condition is uncertain, all else is done again; made: %s',
      async (isMade) => {
        const { store } = await open();
        const { store: other } = await database.open();
        loseAnswer(() => set(other, 'Omar', 2), isMade);
        const outcomes = await Promise.all([
          set(store, 'Zoë', 1, notThere),
          set(store, 'Sara', 3),
          set(store, 'Ahmed', 4, () => 'It is refused'),
        ]);
        expect(outcomes).toMatchObject([
          refused('uncertain', 'It is not certain that this was saved'),
          { added: isMade ? 0 : 1 },
          refused('condition', 'It is refused'),
        ]);
        const Zoë = isMade ? { Zoë: 1 } : {};
        expect(await served(store)).toEqual({ Ahmed: '20', Omar: 2, Sara: 3, ...Zoë });
      },
    );
  });

  test.each([
    ['SELECT FROM list FOR UPDATE', 'changes'],
    ['LOCK student IN ACCESS EXCLUSIVE MODE', 'changes and pages'],
  ])(
    'while somebody holds a lock, %s, there are no %s, and nobody waits for long',
    async (sql, what) => {
      const { store, lines } = await open();
      await database.admin('BEGIN');
      await database.admin(sql);
      const reading = served(store);
      await expect(set(store, 'Ahmed', 1)).rejects.toThrow('it takes too long');
      if (what === 'changes') expect(await reading).toEqual({ Ahmed: '20' });
      else await expect(reading).rejects.toThrow('does not respond in time');
      await database.admin('ROLLBACK');
      expect(await set(store, 'Ahmed', 1)).toMatchObject({ changed: 1 });
      expect(lines).toEqual([]);
    },
  );

  test('while pages cannot be had, the version can, and no connection stays away', async () => {
    const { store } = await open();
    await database.admin('BEGIN; LOCK student IN ACCESS EXCLUSIVE MODE');
    const asked = Array.from({ length: 10 }, () => [served(store), store.list()]).flat();
    const failed = Promise.allSettled(asked);
    expect(await store.version()).toMatch(/-/);
    for (const { status } of await failed) expect(status).toBe('rejected');
    await database.admin('ROLLBACK');
    await eventually(() => Promise.all(asked.map(() => served(store))));
  });

  test('a writer whose network is cut does not hold up the others', async () => {
    const { store } = await open();
    const { store: other } = await database.open();
    let cutOff: Client | undefined;
    let notice = () => {};
    const noticed = new Promise<void>((resolve) => {
      notice = resolve;
    });
    const spy = answerInstead((client, asked) => {
      if (Object(asked).name === 'put') cutOff ??= client;
      return client === cutOff ? noticed.then(lose) : undefined;
    });
    const late = set(store, 'Late', 1);
    await eventually(async () => expect(cutOff).toBeDefined());
    expect(await set(other, 'Zoë', 1)).toMatchObject({ added: 1 });
    spy.mockRestore();
    notice();
    expect(await late).toMatchObject({ added: 1 });
  });

  test('nor does one whose network is cut in the middle of a statement: the server asks it', async () => {
    const { store } = await open();
    let asking: Promise<{ rows: unknown[] }> | undefined;
    answerInstead((client, asked) => {
      if (Object(asked).name === 'put') asking ??= client.query('SHOW tcp_keepalives_idle');
      return undefined;
    });
    await set(store, 'Zoë', 1);
    expect((await asking)?.rows).toEqual([{ tcp_keepalives_idle: '1' }]);
  });

  test('there is no space left, and the reason is said', async () => {
    const { store } = await open();
    await fillDisk();
    expect(await set(store, 'Ahmed', 1)).toEqual(refused('no space', 'There is no space left'));
    expect(await served(store)).toEqual({ Ahmed: '20' });
    await database.empty();
  });

  test.each([
    ["'s user may only read it", 'REVOKE INSERT ON student FROM', 'GRANT INSERT ON student TO'],
    [
      ' is a standby, or set to be read-only',
      "ALTER ROLE % SET default_transaction_read_only TO 'on'",
      'ALTER ROLE % RESET ALL',
    ],
  ])('the list is read-only while the database%s, and then it is not', async (why, to, back) => {
    const { store, lines } = await open();
    const admin = (sql: string) =>
      database.admin(sql.includes('%') ? sql.replace('%', owner()) : `${sql} ${owner()}`);
    await admin(to);
    await cut();
    await eventually(async () => expect(await store.whyReadOnly()).toContain(why));
    expect(await served(store)).toEqual({ Ahmed: '20' });
    await expect(set(store, 'Ahmed', 1)).rejects.toThrow(NoListError);
    await admin(back);
    await eventually(async () => expect(await store.whyReadOnly()).toBeUndefined());
    await eventually(async () =>
      expect(await set(store, 'Ahmed', 1)).toMatchObject({ changed: 1 }),
    );
    expect(lines).toEqual([]);
  });

  test.each<[string, string, (sql: string) => string]>([
    [
      'older than 14',
      'must be PostgreSQL 14 or newer',
      (sql) => sql.replace(/current_setting\('server_version_num'\)/, "'130022'"),
    ],
    [
      'of another encoding',
      'must have the encoding UTF8',
      (sql) => sql.replace(/current_setting\('server_encoding'\)/, "'LATIN1'"),
    ],
  ])('it says of a server that it is %s', async (_what, why, ask) => {
    const { query } = Client.prototype;
    jest.spyOn(Client.prototype, 'query').mockImplementation(function (
      this: Client,
      sql: unknown,
      ...rest: unknown[]
    ) {
      return Reflect.apply(query, this, [typeof sql === 'string' ? ask(sql) : sql, ...rest]);
    });
    const { store } = await database.open();
    expect(await store.health()).toEqual({ students: undefined, problem: `the database ${why}` });
  });

  test.each<[string, string, (url: URL) => unknown]>([
    [
      'refuses the password',
      'it refuses the user name or the password',
      (url) => {
        url.username = 'nobody';
      },
    ],
    [
      'has no such database',
      'there is none of that name on the server',
      (url) => {
        url.pathname = 'nothing';
      },
    ],
    [
      'is not there',
      'nothing listens at its address',
      (url) => {
        url.port = '9';
      },
    ],
    [
      'has no TLS',
      'The server does not support SSL connections',
      (url) => {
        url.search = 'sslmode=require';
      },
    ],
    [
      'has no name',
      'there is no such server',
      (url) => {
        url.hostname = 'none.invalid';
      },
    ],
  ])('it starts, and says so, when the server %s', async (_what, why, change) => {
    const url = new URL(database.url());
    change(url);
    const { store, lines } = await database.open(undefined, url.href);
    const problem = `the database cannot be used: ${why}`;
    expect(await store.health()).toEqual({ students: undefined, problem });
    await expect(store.version()).rejects.toThrow(problem);
    expect(lines).toEqual([expect.stringContaining(`${problem}; there is no list to serve`)]);
    expect(lines.join()).not.toContain(database.password);
  });
});

const isThere = ({ ageOf }: ListNow, name: string) =>
  ageOf(name) === undefined ? undefined : 'It is there already';

/** Answers some of what is asked of the database; where it returns undefined, the database does. */
function answerInstead(answer: (client: Client, asked: unknown) => Promise<unknown> | undefined) {
  const { query } = Client.prototype;
  return jest.spyOn(Client.prototype, 'query').mockImplementation(function (
    this: Client,
    ...args: unknown[]
  ) {
    return answer(this, args[0]) ?? Reflect.apply(query, this, args);
  });
}

function lose(): never {
  throw new Error('Connection terminated unexpectedly');
}
