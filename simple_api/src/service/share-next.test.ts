import { expect, test } from '@jest/globals';
import { shareNext } from './share-next';

test('who asks while a question is under way shares the next one, whatever becomes of the first', async () => {
  const answers: ((answer: string | Promise<never>) => void)[] = [];
  const ask = shareNext(() => new Promise<string>((resolve) => answers.push(resolve)));
  const turn = async () => {
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  };
  const first = ask();
  await turn();
  const second = [ask(), ask()];
  await turn();
  expect(answers).toHaveLength(1);
  answers[0]?.(Promise.reject(new Error('no')));
  await expect(first).rejects.toThrow('no');
  await turn();
  const third = ask();
  answers[1]?.('second');
  expect(await Promise.all(second)).toEqual(['second', 'second']);
  await turn();
  answers[2]?.('third');
  expect(await third).toBe('third');
  expect(answers).toHaveLength(3);
});

test('a limit is to the wait for the question before, too', async () => {
  const never = new Promise<string>(() => {});
  const limits: (() => void)[] = [];
  const limit = (asked: Promise<string>) =>
    Promise.race([asked, new Promise<string>((resolve) => limits.push(() => resolve('too late')))]);
  const ask = shareNext(() => never, limit);
  const first = ask();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  const second = ask();
  for (const end of limits) end();
  expect(await Promise.all([first, second])).toEqual(['too late', 'too late']);
});
