import { expect, test } from '@jest/globals';
import { systemErrorCode } from '../src/system-error';

test.each([
  [Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT'],
  [new Error('no code'), undefined],
  ['no error', undefined],
  [null, undefined],
  [undefined, undefined],
])('the code of %p is %p', (error, code) => {
  expect(systemErrorCode(error)).toBe(code);
});
