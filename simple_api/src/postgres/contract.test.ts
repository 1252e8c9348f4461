import { toFile } from '../../test/any-students';
import { describeWithPostgres } from '../../test/postgres';
import { testStore } from '../../test/store-contract';

describeWithPostgres('the list in PostgreSQL', ({ openList }) => {
  testStore((students) => openList(toFile(students)));
});
