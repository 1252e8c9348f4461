import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './docker';

/**
 * The only block under a heading of a document that has a certain part: what is documented is tested.
 *
 * @param language what stands behind the block's first three backticks
 * @throws Error when there is no such block, or more than one
 */
export function documented(
  heading: string,
  part: string,
  language = 'sh',
  file = 'docs/deploy.md',
): string {
  const sections = readFileSync(join(ROOT, file), 'utf8').split(/^## /m);
  const section = sections.find((section) => section.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const [block, ...more] = blocks.filter(
    ([, lang, text]) => lang === language && text?.includes(part),
  );
  if (block?.[2] && more.length === 0) return block[2];
  throw new Error(`${file} has not one block with "${part}" under "${heading}"`);
}
