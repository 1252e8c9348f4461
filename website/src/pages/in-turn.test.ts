import { expect, test } from '@jest/globals';
import { createInTurn } from './in-turn';

const turn = () => new Promise(setImmediate);

test('so many are under way; who came last is next; who has left, or fails, takes no place', async () => {
  const inTurn = createInTurn(2);
  const begun: string[] = [];
  const finish = new Map<string, (error?: Error) => void>();
  const signals = new Map<string, AbortController>();
  const act = (name: string) => {
    const controller = new AbortController();
    signals.set(name, controller);
    const done = inTurn(controller.signal, () => {
      begun.push(name);
      return new Promise<string>((resolve, reject) => {
        finish.set(name, (error) => (error ? reject(error) : resolve(name)));
      });
    });
    return done.catch((error: Error) => error.message);
  };
  const all = ['a', 'b', 'c', 'd', 'e'].map(act);
  await turn();
  expect(begun).toEqual(['a', 'b']);
  signals.get('d')?.abort(new Error('d left'));
  finish.get('a')?.(new Error('a failed'));
  await turn();
  expect(begun).toEqual(['a', 'b', 'e']);
  finish.get('b')?.();
  signals.get('c')?.abort(new Error('c left')); // in the moment in which it is its turn
  finish.get('e')?.();
  await turn();
  expect(await Promise.all(all)).toEqual(['a failed', 'b', 'c left', 'd left', 'e']);
  const next = [act('f'), act('g')];
  for (const name of ['f', 'g']) finish.get(name)?.();
  expect(await Promise.all(next)).toEqual(['f', 'g']);
  const gone = AbortSignal.abort(new Error('left before'));
  await expect(inTurn(gone, async () => 'h')).rejects.toThrow('left before');
});
