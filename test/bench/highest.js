// The highest rate that one process carries without a failed call, and at half of it what it adds to the time until a
// call is answered, and its longest stall.
import { setTimeout as pause } from 'node:timers/promises';
import { highestRate } from './bisect.js';
import { quantile } from './figures.js';
import { directly, isCarried, lineOf, stallsWords, throughSeveral } from './several.js';

/** @returns {Promise<{ figures: Record<string, number> }>} */
export async function measureHighest({ from = 2000, upTo = 12_000, seconds }) {
  console.log(`highest: several SIPps through one process, ${seconds} s a step`);
  const { rate, bounded } = await highestRate(
    async (rate) => {
      const result = await throughSeveral({ rate, seconds });
      console.log(`${lineOf(result)}${isCarried(result) ? '' : ': not carried'}`);
      return { carried: isCarried(result), result };
    },
    { from, upTo },
  );
  if (rate === 0) return { figures: { 'calls a second': 0 } };
  console.log(`highest: ${rate} calls a second${bounded ? ', and nothing higher was tried' : ''}`);

  const half = { rate: Math.round(rate / 2), seconds };
  const straight = (await directly(half)).times;
  let stall = Number.NaN;
  const through = await throughSeveral(
    { ...half, timed: true, before: stallsWords },
    {
      begun: async (measured) => {
        measured.kill('SIGUSR2');
        await pause(200);
      },
      ended: async (measured) => {
        measured.kill('SIGUSR2');
        await pause(500);
        stall = Number(/longest stall ([\d.]+) ms\n$/.exec(measured.said)?.[1]);
      },
    },
  );
  const added = (q) => quantile(through.times, q) - quantile(straight, q);
  const described = (q) =>
    `p${q * 100} ${quantile(through.times, q)} ms, without the container ${quantile(straight, q)} ms`;
  console.log(
    `${lineOf(through)}\n  INVITE to 200: ${described(0.5)}; ${described(0.99)}; the longest stall ${stall} ms`,
  );
  return {
    figures: {
      'calls a second': rate,
      failed: through.failed,
      retransmissions: through.retransmissions,
      'p50 of added latency, ms': added(0.5),
      'p99 of added latency, ms': added(0.99),
      'longest stall, ms': stall,
    },
  };
}
