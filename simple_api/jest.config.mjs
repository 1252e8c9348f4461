import './build.mjs'; // tests run what the source says now, never a stale dist/

export default {
  displayName: 'simple_api',
  globalSetup: '<rootDir>/test/postgres-setup.mjs',
  testTimeout: 60_000, // also on a slow machine
  roots: ['<rootDir>/src'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' } }],
    '\\.sql$': '<rootDir>/test/sql-text.mjs',
  },
};
