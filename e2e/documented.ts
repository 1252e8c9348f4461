import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './docker';

const SECTIONS = ['deploy', 'kubernetes'].flatMap((name) =>
  readFileSync(join(ROOT, `docs/${name}.md`), 'utf8').split(/^## /m),
);

/**
 * The only block under a heading of docs/deploy.md or docs/kubernetes.md that has a certain part: what is documented is tested.
 *
 * @param language what stands behind the block's first three backticks
 * @throws Error when there is no such block, or more than one
 */
export function documented(heading: string, part: string, language = 'sh'): string {
  const section = SECTIONS.find((section) => section.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const [block, ...more] = blocks.filter(
    ([, lang, text]) => lang === language && text?.includes(part),
  );
  if (block?.[2] && more.length === 0) return block[2];
  throw new Error(`the documents have not one block with "${part}" under "${heading}"`);
}
