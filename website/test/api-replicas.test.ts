import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { avoid, createReplicas } from '../src/api-replicas';

const never = () => new AbortController().signal;
const dnsError = (code: string) => Object.assign(new Error(code), { code });

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Replicas whose name stands for whatever `answer` returns, and the names that were looked up. */
function replicasOf(answer: () => Promise<string[]>, url = 'http://simple-api:5000') {
  const asked: string[] = [];
  const replicas = createReplicas(url, (host) => {
    asked.push(host);
    return answer();
  });
  const inTurn = async () => (await replicas.inTurn(never())).map(({ address }) => address);
  return { replicas, inTurn, asked };
}

describe('the order', () => {
  test('starts with another one each time, however DNS shuffles them', async () => {
    const answers = [
      ['a', 'b', 'c'],
      ['c', 'a', 'b'],
      ['b', 'c', 'a'],
      ['c', 'b', 'a'],
    ];
    const { inTurn } = replicasOf(async () => answers.shift() ?? []);
    const seen: string[][] = [];
    for (let i = 0; i < 4; i++) {
      seen.push(await inTurn());
      jest.advanceTimersByTime(1_000);
    }
    expect(seen).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c', 'a'],
      ['c', 'a', 'b'],
      ['a', 'b', 'c'],
    ]);
  });

  test('names each address once', async () => {
    const { inTurn } = replicasOf(async () => ['a', 'b', 'a']);
    expect(await inTurn()).toEqual(['a', 'b']);
  });

  test('has those last that were silent, for five seconds', async () => {
    const { replicas, inTurn } = replicasOf(async () => ['a', 'b', 'c']);
    const [a] = await replicas.inTurn(never());
    if (a) avoid(a);
    expect(await inTurn()).toEqual(['b', 'c', 'a']);
    expect(await inTurn()).toEqual(['c', 'b', 'a']);
    expect(await inTurn()).toEqual(['b', 'c', 'a']);
    jest.advanceTimersByTime(4_999);
    expect((await inTurn()).at(-1)).toBe('a');
    jest.advanceTimersByTime(1);
    expect([await inTurn(), await inTurn()].map(([first]) => first)).toContain('a');
  });
});

describe('the name', () => {
  test.each([
    ['http://simple-api:5000', 'simple-api'],
    ['https://api.example/behind/a/proxy', 'api.example'],
    ['http://127.0.0.1:5000', '127.0.0.1'],
    ['http://[::1]:5000', '::1'],
  ])('of %s is %s', async (url, name) => {
    const { inTurn, asked } = replicasOf(async () => ['a'], url);
    await inTurn();
    expect(asked).toEqual([name]);
  });

  test('is looked up again after a second, not earlier', async () => {
    const { inTurn, asked } = replicasOf(async () => ['a']);
    await inTurn();
    jest.advanceTimersByTime(999);
    await inTurn();
    expect(asked).toHaveLength(1);
    jest.advanceTimersByTime(1);
    await inTurn();
    expect(asked).toHaveLength(2);
  });

  test('is looked up by the system: localhost is this machine', async () => {
    jest.useRealTimers();
    const found = await createReplicas('http://localhost').inTurn(never());
    expect(found.map(({ address }) => address)).toContain('127.0.0.1');
  });

  test('loses an address, gains another, and the others keep their connections', async () => {
    let addresses = ['a', 'b'];
    const { replicas, inTurn } = replicasOf(async () => addresses);
    const before = await replicas.inTurn(never());
    addresses = ['b', 'c'];
    jest.advanceTimersByTime(1_000);
    const after = await replicas.inTurn(never());
    expect(after.map(({ address }) => address).sort()).toEqual(['b', 'c']);
    expect(before).toContain(after.find(({ address }) => address === 'b'));
    expect(await inTurn()).not.toContain('a');
  });

  test('cannot be looked up for the moment: the addresses are as they were', async () => {
    let answer = async () => ['a'];
    const { inTurn } = replicasOf(() => answer());
    await inTurn();
    answer = () => Promise.reject(dnsError('EAI_AGAIN'));
    jest.advanceTimersByTime(1_000);
    expect(await inTurn()).toEqual(['a']);
  });

  test('is gone: so are the addresses', async () => {
    let answer = async () => ['a'];
    const { inTurn } = replicasOf(() => answer());
    await inTurn();
    answer = () => Promise.reject(dnsError('ENOTFOUND'));
    jest.advanceTimersByTime(1_000);
    await expect(inTurn()).rejects.toThrow('ENOTFOUND');
  });

  test('takes long to look up: after 300 ms the addresses are as they were', async () => {
    let answer = async () => ['a'];
    const { inTurn, asked } = replicasOf(() => answer());
    await inTurn();
    answer = () => new Promise(() => {});
    jest.advanceTimersByTime(1_000);
    const first = inTurn();
    const second = inTurn();
    await jest.advanceTimersByTimeAsync(300);
    expect(await Promise.all([first, second])).toEqual([['a'], ['a']]);
    expect(asked).toHaveLength(2);
  });

  test('takes for ever to look up the first time: whoever asks gives up', async () => {
    const { replicas } = replicasOf(() => new Promise(() => {}));
    const giveUp = new AbortController();
    const asking = replicas.inTurn(giveUp.signal);
    giveUp.abort(new Error('given up'));
    await expect(asking).rejects.toThrow('given up');
  });
});
