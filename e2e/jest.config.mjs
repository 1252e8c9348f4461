// These tests drive the real stack, so they run one after another and take their time.
export default {
  testMatch: ['<rootDir>/*.test.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' } }] },
  maxWorkers: 1,
  testTimeout: 240_000,
};
