// Tests run what the source says now, never a stale dist/; some need the real API.
import './build.mjs';
import '../simple_api/build.mjs';

export default {
  displayName: 'website',
  roots: ['<rootDir>/src'],
  testTimeout: 60_000, // also on a slow machine
  coveragePathIgnorePatterns: ['/node_modules/', '/simple_api/'], // its own tests cover the API
  moduleNameMapper: { '^#service/(.*)$': '<rootDir>/../simple_api/src/service/$1' },
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' } }] },
};
