import { isUtf8 } from 'node:buffer';
import { position, StudentListError } from './student-list';

/**
 * Decodes a file's bytes, without the byte order mark that some editors put first (RFC 8259, 8.1,
 * lets a reader ignore it).
 *
 * @throws StudentListError at the first byte that is not UTF-8
 */
export function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!isUtf8(bytes)) {
    // Decoded and encoded again, the bytes are the same up to the first invalid one.
    const again = Buffer.from(text);
    let valid = 0;
    while (bytes[valid] === again[valid]) valid++;
    const before = bytes.toString('utf8', 0, valid).replace(/\uFFFD$/, '');
    const { line, column } = position(before, before.length);
    throw new StudentListError('a byte is not UTF-8; save the file as UTF-8', line, column);
  }
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
