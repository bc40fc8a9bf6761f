// What the container holds in memory under a steady load: one sample of its resident memory every ten seconds.
import { setTimeout as pause } from 'node:timers/promises';
import { growthOf } from './figures.js';
import { container } from './peers.js';
import { memoryOf, mustBeFree, mustListen, start, stop, withFolder } from './processes.js';
import { callee, drive } from './sipp.js';

/** Milliseconds between two samples. */
const INTERVAL = 10_000;

/** @returns {Promise<{ figures: Record<string, number> }>} */
export async function measureMemory({ minutes, rate }) {
  console.log(`memory: ${rate} calls a second for ${minutes} minutes`);
  await mustBeFree([5060, 5070, 5090]);
  return await withFolder(async (folder) => {
    const [command, ...words] = container('apps');
    const measured = start(command, words, { cwd: folder });
    let answering;
    try {
      await mustListen(measured, 5060, 'siplet');
      answering = callee(folder, 'uas', 5070);
      await pause(1000);
      const load = drive(folder, { calls: Math.round(minutes * 60 * rate), rate });
      let isOver = false;
      load.finally(() => (isOver = true)).catch(() => undefined);
      const samples = [];
      while (!isOver) {
        await Promise.race([pause(INTERVAL), load]);
        if (isOver) break;
        samples.push(memoryOf([measured.pid], 'VmRSS'));
        console.log(`  ${String(Math.round((samples.length * INTERVAL) / 1000)).padStart(5)} s  ${samples.at(-1)} MB`);
      }
      const { failed, retransmissions, ok } = await load;
      const figures = { minutes, failed, retransmissions, ...growthOf(samples, INTERVAL) };
      console.log(`memory: ${ok} calls, ${failed} failed, ${retransmissions} retransmissions`);
      return { figures };
    } finally {
      await answering?.stop();
      await stop(measured);
    }
  });
}
