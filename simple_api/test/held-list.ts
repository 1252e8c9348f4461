import type { SerialisedList } from '../src/students/load';
import type { StudentStore } from '../src/students/store';

/** A store of a list that is only held, and cannot be changed. */
export function holdList(
  list: () => SerialisedList | undefined,
  problem: () => string | undefined = () => undefined,
): StudentStore {
  return {
    list,
    problem,
    whyReadOnly: async () => 'it is only held',
    change: () => Promise.reject(new Error('a list that is only held cannot be changed')),
    opened: Promise.resolve(),
    close() {},
  };
}
