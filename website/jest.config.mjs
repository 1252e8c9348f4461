// Tests run what the source says now, never a stale dist/; some need the real API.
import './build.mjs';
import '../simple_api/build.mjs';

export default {
  displayName: 'website',
  roots: ['<rootDir>/src'],
  testTimeout: 60_000, // also on a slow machine
  moduleNameMapper: { '^#service/(.*)$': '<rootDir>/../simple_api/src/service/$1' },
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' } }] },
};
