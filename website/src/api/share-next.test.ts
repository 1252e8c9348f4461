import { expect, test } from '@jest/globals';
import { shareNext } from './share-next';

test('who asks while a question is under way shares the next one, whatever becomes of the first', async () => {
  const answers: ((isGood: boolean) => void)[] = [];
  const ask = shareNext(
    () =>
      new Promise<number>((resolve, reject) => {
        const number = answers.length;
        answers.push((isGood) => (isGood ? resolve(number) : reject(new Error(`${number}`))));
      }),
  );
  const turn = async () => {
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  };
  const first = ask();
  await turn();
  const second = [ask(), ask()];
  await turn();
  expect(answers).toHaveLength(1);
  answers[0]?.(false);
  await expect(first).rejects.toThrow('0');
  await turn();
  const third = ask();
  answers[1]?.(true);
  expect(await Promise.all(second)).toEqual([1, 1]);
  await turn();
  answers[2]?.(true);
  expect(await third).toBe(2);
  expect(answers).toHaveLength(3);
});
