import { defineConfig } from 'vitest/config';

// Real peers over real sockets, one test after another: test/peers/run.sh prepares what they need.
export default defineConfig({
  test: {
    include: ['test/peers/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
