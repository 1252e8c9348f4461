import { setTimeout as sleep } from 'node:timers/promises';
import { writeList } from './list-file.mjs';
import { load } from './load.mjs';
import { median } from './median.mjs';

/**
 * Measures the longest wait for a response while a list of 30,000 is reloaded, and while it is not.
 *
 * @param {import('./load.mjs').Order} order of the API that has the list in `folder`
 * @param {string} folder
 * @param {number} rounds
 * @returns the medians in ms
 */
export async function measureReload(order, folder, rounds) {
  const undisturbed = [];
  const reloading = [];
  for (let round = 0; round < rounds; round++) {
    undisturbed.push((await load({ ...order, seconds: 3 })).max);
    const loading = load({ ...order, seconds: 3 });
    await sleep(1_000);
    writeList(folder, 30_000, round % 2 === 0);
    reloading.push((await loading).max);
  }
  return { undisturbed: median(undisturbed), reloading: median(reloading) };
}
