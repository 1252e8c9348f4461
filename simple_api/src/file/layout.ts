import { pause } from '../service/pause';
import type { Change } from '../students/change';
import { fold } from '../students/fold';
import { JsonError, readAges } from '../students/json';
import { orderKey, toSortable } from '../students/order';
import { type Age, isAge, type Student } from '../students/student';

/** What a file is good for. */
export const MAX_STUDENTS = 30_000;
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** What to do about a list that is longer. */
export const TOO_LONG =
  'a file is for at most 30,000 students and 4 MiB; a longer list belongs in a database such as PostgreSQL';

/** A student, what finds and orders the name, and where the file has the member; lengths in bytes. */
export interface Entry extends Student {
  readonly folded: string;
  /** What gives it its place in the order of people, and in that by code point. */
  readonly key: string;
  readonly place: string;
  /** Between the member before and this one; the others are from its start. */
  readonly gap: number;
  readonly ageAt: number;
  readonly length: number;
}

/** A list's file, and where its members are. */
export interface Layout {
  readonly bytes: Buffer;
  /** In bytes, what is before the first member, and what is behind the last one. */
  readonly start: number;
  readonly rest: number;
  /** In the order of the file, by name. */
  readonly entries: Map<string, Entry>;
}

/** @param text of the bytes, without a byte order mark @throws JsonError at the first mistake */
export async function parseLayout(bytes: Buffer, text: string): Promise<Layout> {
  const entries = new Map<string, Entry>();
  let start = bytes.length - Buffer.byteLength(text);
  let [before, end] = [0, start];
  for (const { name, value, ...at } of readAges(text, isAge)) {
    if (entries.size === MAX_STUDENTS) throw new JsonError(TOO_LONG, text.slice(0, at.start));
    const gap = Buffer.byteLength(text.slice(before, at.start));
    const ageAt = Buffer.byteLength(text.slice(at.start, at.valueStart));
    const age = Buffer.byteLength(text.slice(at.valueStart, at.end));
    if (entries.size === 0) start += gap;
    entries.set(name, createEntry(name, value, entries.size === 0 ? 0 : gap, ageAt, age));
    before = at.end;
    end += gap + ageAt + age;
    await pause();
  }
  return { bytes, start, rest: bytes.length - end, entries };
}

type Edits = ReadonlyMap<string, Entry | null>;

/**
 * Gives students other ages, or, with null, takes them out. Order, indentation and the text of other members
 * stay; new ones come at the end, in the style of the first ones.
 *
 * @returns the new file, and what changes the layout, in place, once that is written
 */
export async function editLayout(layout: Layout, ages: Change['ages']) {
  const base = layout.entries.size > 0 ? layout : { ...layout, ...BLANK };
  const { gap, colon } = styleOf(base);
  const edits = new Map<string, Entry | null>();
  const added: string[] = [];
  for (const [name, age] of ages) {
    const known = base.entries.get(name);
    if (age === null) edits.set(name, null);
    else if (known) {
      edits.set(name, { ...known, age, length: known.ageAt + JSON.stringify(age).length });
    } else {
      const key = JSON.stringify(name) + colon;
      const value = JSON.stringify(age);
      added.push(gap + key + value);
      edits.set(name, createEntry(name, age, gap.length, Buffer.byteLength(key), value.length));
    }
    await pause();
  }
  const bytes = await withEdits(base, edits, added.join(''), gap);
  return { bytes, commit: () => commit(base, bytes, edits) };
}

/** A file without students, written as the one that is shipped. */
const BLANK = { bytes: Buffer.from('{\n  \n}\n'), start: '{\n  '.length, rest: '\n}\n'.length };

function styleOf({ bytes, start, entries }: Layout): { gap: string; colon: string } {
  const [first, second] = entries.values();
  const end = start + (first?.length ?? 0);
  const [, indentation = ''] = bytes.toString('utf8', 0, start).split('{');
  const gap = second ? bytes.toString('utf8', end, end + second.gap) : `,${indentation || ' '}`;
  const key = bytes.toString('utf8', start, start + (first?.ageAt ?? 0));
  const [colon = ': '] = /\s*:\s*$/.exec(key) ?? [];
  return { gap: short(gap, ', '), colon: short(colon, ': ') };
}

/** Megabytes of white space, once for each new student, would fill the memory. */
function short(space: string, otherwise: string): string {
  return space.length > 200 ? otherwise : space;
}

async function withEdits(
  { bytes, start, rest, entries }: Layout,
  edits: Edits,
  added: string,
  gap: string,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let [at, copied, isFirst, left] = [start, 0, true, edits.size];
  function replace(from: number, to: number, by = ''): void {
    parts.push(bytes.subarray(copied, from), Buffer.from(by));
    copied = to;
  }
  for (const { name, gap: before, ageAt, length } of entries.values()) {
    const edit = edits.get(name);
    const end = at + length;
    if (edit === null) replace(at, end);
    else {
      if (isFirst) replace(at, at + before);
      if (edit) replace(at + ageAt, end, JSON.stringify(edit.age));
      isFirst = false;
    }
    at = end;
    if (edit === undefined) continue;
    left--;
    if (left === 0 && !isFirst) break;
    await pause();
  }
  if (isFirst && added === '') return Buffer.from('{}\n');
  at = bytes.length - rest;
  replace(at, at, isFirst ? added.slice(gap.length) : added);
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

function commit({ start, rest, entries }: Layout, bytes: Buffer, edits: Edits): Layout {
  for (const [name, entry] of edits) {
    if (entry) entries.set(name, entry);
    else entries.delete(name);
  }
  const [first] = entries.values();
  if (first) {
    const { gap, ageAt, length } = first;
    entries.set(first.name, { ...first, gap: 0, ageAt: ageAt - gap, length: length - gap });
  }
  return { bytes, start, rest, entries };
}

function createEntry(name: string, age: Age, gap: number, key: number, value: number): Entry {
  const folded = fold(name);
  const sortable = { key: toSortable(orderKey(folded)), place: toSortable(name) };
  const ageAt = gap + key;
  return { name, age, folded, ...sortable, gap, ageAt, length: ageAt + value };
}
