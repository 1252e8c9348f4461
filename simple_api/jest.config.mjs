import './build.mjs'; // tests run what the source says now, never a stale dist/

export default {
  displayName: 'simple_api',
  roots: ['<rootDir>/src'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' } }] },
};
