import { describe } from '@jest/globals';
import { toFile } from '../../test/any-students';
import { openList } from '../../test/opened-list';
import { testStore } from '../../test/store-contract';

describe('the list in a file', () => {
  testStore((students) => openList(toFile(students, ['\n', ' '])));
});
