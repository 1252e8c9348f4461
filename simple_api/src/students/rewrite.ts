import type { Age, Member } from './list';

/**
 * Writes a list's text anew, with other ages. All that does not change stays as it is: order,
 * indentation, the way in which other members are written. New members come at the end, in the style of
 * the first ones. (The edits of jsonc-parser would read the whole text for each of them.)
 *
 * @param bytes the text's, and a byte order mark that may be before it
 * @param members those of the text, by name
 * @param ages of all who are to be on the list
 * @returns the new bytes, in parts: in one piece, a long list would fill the memory
 */
export function rewrite(
  bytes: Buffer,
  text: string,
  members: ReadonlyMap<string, Member>,
  ages: ReadonlyMap<string, Age>,
): Buffer[] {
  const added = [...ages].filter(([name]) => !members.has(name));
  const [first, second] = members.values();
  if (!first || added.length === ages.size) return [Buffer.from(toText(added))];

  let writtenBytes = bytes.length - Buffer.byteLength(text);
  let written = 0;
  const parts = [bytes.subarray(0, writtenBytes)];
  function replace(start: number, end: number, by = ''): void {
    const startByte = writtenBytes + Buffer.byteLength(text.slice(written, start));
    parts.push(bytes.subarray(writtenBytes, startByte), Buffer.from(by));
    writtenBytes = startByte + Buffer.byteLength(text.slice(start, end));
    written = end;
  }
  let before: Member | undefined;
  let hasKept = false;
  for (const member of members.values()) {
    const age = ages.get(member.name);
    if (age !== undefined) {
      if (!hasKept) replace(first.start, member.start);
      hasKept = true;
      if (age !== member.age) replace(member.ageStart, member.end, JSON.stringify(age));
    } else if (before && hasKept) replace(before.end, member.end);
    before = member;
  }
  const end = before?.end ?? 0;
  const indentation = text.slice(text.indexOf('{') + 1, first.start);
  const separator = second ? text.slice(first.end, second.start) : `,${indentation || ' '}`;
  const [, colon = ': '] = /"(\s*:\s*)$/.exec(text.slice(first.start, first.ageStart)) ?? [];
  replace(end, end, added.map((student) => separator + toMember(student, colon)).join(''));
  replace(text.length, text.length);
  return parts;
}

/** A list by itself, as the one that is shipped is written. */
function toText(list: readonly [string, Age][]): string {
  if (list.length === 0) return '{}\n';
  return `{\n  ${list.map((student) => toMember(student, ': ')).join(',\n  ')}\n}\n`;
}

function toMember([name, age]: readonly [string, Age], colon: string): string {
  return JSON.stringify(name) + colon + JSON.stringify(age);
}
