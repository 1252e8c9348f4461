import { toFile } from '../../test/any-students';
import { keepsContract } from '../../test/keeps-contract';
import { describeWithPostgres } from '../../test/postgres';
import { testStore } from '../../test/store-contract';

describeWithPostgres('with PostgreSQL', ({ openList }) => {
  testStore((students) => openList(toFile(students)));
  keepsContract(openList);
});
