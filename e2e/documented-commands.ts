import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './docker';

/**
 * Reads a block of shell commands from a document, so that what is tested is what is documented.
 *
 * @param document relative to the repository
 * @param heading of the second level, of the section that the block is in
 * @param part what this block holds and no other of the section
 * @throws Error when there is not exactly one such block
 */
export function documentedCommands(document: string, heading: string, part: string): string {
  const sections = readFileSync(join(ROOT, document), 'utf8').split(/^## /m);
  const section = sections.find((section) => section.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const [block, ...more] = blocks.filter((block) => block.includes(part));
  if (block === undefined || more.length > 0) {
    throw new Error(`${document} has not one block with "${part}" under "${heading}"`);
  }
  return block;
}
