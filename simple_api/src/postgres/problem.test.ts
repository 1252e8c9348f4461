import { expect, test } from '@jest/globals';
import { DatabaseError } from 'pg';
import { NoListError } from '../students/store';
import { isBusy, isNotDone, whyAway } from './problem';

const withCode = (code: string) =>
  Object.assign(new DatabaseError('in the words of the server', 0, 'error'), { code });

test.each<[string, boolean, Error]>([
  ['it has ended the connection', false, new Error('Connection terminated unexpectedly')],
  ['it has ended the connection', false, withCode('57P01')],
  ['it does not respond', false, new Error('timeout expired')],
  ['it does not respond', false, new Error('Query read timeout')],
  ['Client was closed', false, new Error('Client was closed and is not queryable')],
  ['it refuses the user, or wants TLS', false, withCode('28000')],
  ['it takes no changes', false, withCode('25006')],
  ['a table of the list is missing', false, withCode('42P01')],
  ['XX000', false, withCode('XX000')],
  ['it takes too long', true, new Error('timeout exceeded when trying to connect')],
  ['it takes too long', true, withCode('55P03')],
  ['its disk is full', true, withCode('53100')],
  ['it has too many connections', true, withCode('53300')],
])('no fault of this program: %s; it is only busy: %s', (why, busy, error) => {
  expect(whyAway(error)).toMatch(`the database cannot be used: ${why}`);
  expect(isBusy(error)).toBe(busy);
});

test('it is known why there is no list; all else is a fault of this program', () => {
  expect(whyAway(new NoListError('why'))).toBe('why');
  const faults = [new TypeError('x.y is no function'), withCode('42601'), new Error('of another')];
  for (const error of [...faults, undefined]) expect(whyAway(error)).toBeUndefined();
});

test.each<[boolean, Error]>([
  [true, withCode('53100')],
  [true, withCode('23514')],
  [true, new Error('Client has encountered a connection error and is not queryable')],
  [false, withCode('57P01')],
  [false, withCode('08P01')],
  [false, new DatabaseError('received invalid response: 48', 0, 'error')],
  [false, new Error('Connection terminated unexpectedly')],
  [false, Object.assign(new Error(), { code: 'EPIPE' })],
])('a statement certainly does nothing: %s (%s)', (certainly, error) => {
  expect(isNotDone(error)).toBe(certainly);
});
