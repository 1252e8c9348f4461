import type { Pace } from '../service/pace';
import { fold } from '../students/fold';
import { JsonError, readAges } from '../students/json';
import { orderKey } from '../students/order';
import { type Age, isAge, type Student } from '../students/student';

/** The most that a file is good for, in students and bytes. */
export const MAX_STUDENTS = 30_000;
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** What to do about a list that is longer. */
export const TOO_LONG = `a file is for at most ${MAX_STUDENTS} students and ${MAX_FILE_BYTES} bytes; a longer list belongs in a database such as PostgreSQL`;

/** A student, what finds and orders the name, and how the file has the member. */
export interface Entry extends Student {
  readonly folded: string;
  readonly key: string;
  /** What stands in the file between the one before and this one. */
  readonly gap: string;
  readonly text: string;
  /** Where in the text the age starts. */
  readonly ageAt: number;
}

/** A list's file in pieces: put together again, they are the same text. */
export interface Layout {
  readonly head: string;
  /** In the order of the file, by name. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly tail: string;
}

/**
 * Takes a file's text apart.
 *
 * @throws JsonError at the first thing that is not as it must be
 */
export async function parseLayout(text: string, pace: Pace): Promise<Layout> {
  const entries = new Map<string, Entry>();
  let [head, end] = [text, text.length];
  for (const member of readAges(text, isAge)) {
    const { name, value, start } = member;
    if (entries.size === MAX_STUDENTS) throw new JsonError(TOO_LONG, text.slice(0, start));
    if (entries.size === 0) head = text.slice(0, start);
    const gap = entries.size === 0 ? '' : text.slice(end, start);
    const ageAt = member.valueStart - start;
    end = member.end;
    entries.set(name, createEntry(name, value, gap, text.slice(start, end), ageAt));
    await pace.pause();
  }
  return { head, entries, tail: text.slice(end) };
}

/** The text of a file. */
export function layoutText({ head, entries, tail }: Layout): string {
  const parts = [head];
  for (const { gap, text } of entries.values()) parts.push(parts.length === 1 ? '' : gap, text);
  return parts.join('') + tail;
}

/**
 * Gives students other ages, or, with null, takes them out. All else stays as it is written: order,
 * indentation, the text of other members. New ones come at the end, in the style of the first ones.
 */
export async function editLayout(
  layout: Layout,
  ages: ReadonlyMap<string, Age | null>,
  pace: Pace,
): Promise<Layout> {
  const { head, tail } = layout;
  const [first, second] = layout.entries.values();
  const indentation = head.slice(head.indexOf('{') + 1);
  const gap = second?.gap ?? `,${indentation || ' '}`;
  const [colon = ': '] = /\s*:\s*$/.exec(first?.text.slice(0, first.ageAt) ?? '') ?? [];
  const entries = new Map(layout.entries);
  for (const [name, age] of ages) {
    const known = entries.get(name);
    if (age === null) entries.delete(name);
    else if (known) {
      const text = known.text.slice(0, known.ageAt) + JSON.stringify(age);
      entries.set(name, { ...known, age, text });
    } else entries.set(name, createMember(name, age, gap, colon));
    await pace.pause();
  }
  const [start] = entries.keys();
  if (start !== undefined && layout.entries.has(start)) return { head, entries, tail };
  return layoutOf(entries);
}

/** A file of students who are all new, written as the one that is shipped. */
function layoutOf(students: ReadonlyMap<string, Student>): Layout {
  if (students.size === 0) return { head: '{}\n', entries: new Map(), tail: '' };
  const member = ({ name, age }: Student) => createMember(name, age, ',\n  ', ': ');
  const entries = new Map(Array.from(students, ([name, student]) => [name, member(student)]));
  return { head: '{\n  ', entries, tail: '\n}\n' };
}

function createMember(name: string, age: Age, gap: string, colon: string): Entry {
  const start = JSON.stringify(name) + colon;
  return createEntry(name, age, gap, start + JSON.stringify(age), start.length);
}

function createEntry(name: string, age: Age, gap: string, text: string, ageAt: number): Entry {
  const folded = fold(name);
  return { name, age, folded, key: orderKey(folded), gap, text, ageAt };
}
