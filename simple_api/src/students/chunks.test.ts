import { expect, test } from '@jest/globals';
import { CHUNK_BYTES, inChunks } from './chunks';

test('short parts are joined, long ones are passed on as they are, in their order', () => {
  const [short, long] = [Buffer.alloc(10, 'a'), Buffer.alloc(CHUNK_BYTES, 'b')];
  const parts = [short, short, long, ...Array<Buffer>(20_000).fill(short), long, short];
  const chunks = [...inChunks(parts)];
  expect(Buffer.concat(chunks).equals(Buffer.concat(parts))).toBe(true);
  expect(chunks.length).toBeLessThan(10);
  expect(chunks.filter((chunk) => chunk === long)).toHaveLength(2);
});

test('of no parts, nothing comes', () => {
  expect(Buffer.concat([...inChunks([])])).toHaveLength(0);
});
