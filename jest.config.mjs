// One run for both services. The coverage that must be reached is asked of each by itself. What is
// run in processes of its own only (server.test.ts) is not measured.
export default {
  projects: ['<rootDir>/simple_api', '<rootDir>/website'],
  testTimeout: 60_000, // for a slow machine
  maxWorkers: 4, // also on two cores: they wait more than they work
  coverageProvider: 'v8',
  coverageReporters: ['text', 'lcov'],
  collectCoverageFrom: [
    '{simple_api,website}/src/**/*.ts',
    '!**/*.test.ts',
    '!**/service/{run,healthcheck}.ts',
  ],
  coverageThreshold: {
    './simple_api/src/': { lines: 95, branches: 95 },
    './website/src/': { lines: 95, branches: 95 },
  },
};
