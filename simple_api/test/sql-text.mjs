// Jest's way to import a .sql file: as its text, as build.mjs does.
export default {
  process: (/** @type {string} */ text) => ({ code: `module.exports = ${JSON.stringify(text)}` }),
};
