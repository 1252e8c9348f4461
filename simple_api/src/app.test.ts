import { describe, expect, test } from '@jest/globals';
import { CASES, SHIPPED } from '../test/contract';
import { keepsContract } from '../test/keeps-contract';
import { openList } from '../test/opened-list';
import { serve } from '../test/served';

describe('with a file, the contract is kept:', () => keepsContract(openList));

test('the log has one line for each failure, with its cause, and at debug for each request', async () => {
  const store = await openList(SHIPPED);
  const { ask, lines } = await serve({ ...store, ...CASES.unexpected });
  for (const path of [`/${'x'.repeat(10_000)}`, '/health/ready', '/']) await ask('get', path);
  const logged = lines.map((line): unknown => JSON.parse(line));
  const of = (level: number, parts: object) =>
    logged.filter((line) =>
      expect.objectContaining({ level, method: 'GET', ...parts }).asymmetricMatch(line),
    );
  expect(of(40, { status: 404, path: `/${'x'.repeat(199)}` })).toHaveLength(1);
  expect(
    of(50, { status: 500, err: expect.objectContaining({ message: 'the cause' }) }),
  ).toHaveLength(1);
  expect(of(20, { status: 200, path: '/' })).toHaveLength(1);
});
