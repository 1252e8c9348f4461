// One run for both services. Each is a project of its own; the coverage that must be reached is
// asked of each `src/` folder by itself.
/** @param {string} name */
const project = (name) => ({
  displayName: name,
  rootDir: `./${name}`,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' } }] },
});

export default {
  projects: [project('simple_api'), project('website')],
  maxWorkers: 2,
  coverageProvider: 'v8',
  coverageReporters: ['text', 'lcov'],
  collectCoverageFrom: ['{simple_api,website}/src/**/*.ts'],
  coverageThreshold: {
    './simple_api/src/': { lines: 95, branches: 95 },
    './website/src/': { lines: 95, branches: 95 },
  },
};
