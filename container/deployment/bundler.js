// @ts-check
// Run as a short-lived child process by compile.ts: bundles one application. Plain JavaScript, so that it is the same
// file whether the container runs from its sources or from dist/.
import { bundle } from './bundle.js';

// The container hangs up when it has the answer, or when it ends.
process.once('disconnect', () => process.exit(0));
process.once('message', async (order) => {
  process.send?.(await bundle(/** @type {import('./bundle.js').Order} */ (order)));
});
