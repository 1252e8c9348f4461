// Like ../jest.config.mjs, in a run of its own: these tests need a cluster, which run.sh makes.
import config from '../jest.config.mjs';

export default { ...config, testTimeout: 300_000 };
