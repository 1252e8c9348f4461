import { parseStudentList } from '../src/api/response';
import type { ReadStudents } from '../src/api/thread';
import type { StudentList } from '../src/students/list';
import { prepareList, type Students } from '../src/students/students';

/** Holds a list in this thread. */
export function holdStudents(list: StudentList): Students {
  const prepared = prepareList(list);
  return {
    excerpt: async (query) => prepared.excerpt(query),
    csvPart: async (query, start) => prepared.csvPart(query, start),
    compare: async (text) => prepared.compare(text),
    isLost: () => false,
    close: async () => {},
  };
}

/** Reads and holds lists in this thread. */
export const readHere: ReadStudents = async (response) =>
  holdStudents(await parseStudentList(response));
