import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fold } from './fold';

test.each([
  ['René', 'rene'],
  ['Łukasz', 'lukasz'],
  ['Søren', 'soren'],
  ['Weiß', 'WEISS'],
  ['WEIẞ', 'weiss'],
  ['Æsa Þórsdóttir', 'aesa thorsdottir'],
  ['Nguyễn Đức', 'nguyen duc'],
  ['İbrahim Işık', 'ibrahim isik'],
  ['Νίκος', 'ΝΙΚΟΣ'],
  ['O’Brien', "o'brien"],
  ['أَحمَد', 'احمد'],
  ['ﬁ', 'FI'],
])('"%s" is "%s"', (name, typed) => {
  expect(fold(name)).toBe(fold(typed));
});

test.each([
  ['की', 'का'],
  ['a', 'b'],
  ['٣', 'x'],
])('"%s" is not "%s"', (one, other) => {
  expect(fold(one)).not.toBe(fold(other));
});

test('case and composition never count, in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(fold(text.normalize('NFC'))).toBe(fold(text));
      expect(fold(text.normalize('NFD'))).toBe(fold(text));
      expect(fold(fold(text))).toBe(fold(text));
    }),
  );
});
