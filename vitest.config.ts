import { defineConfig } from 'vitest/config';

const here = (path: string) => new URL(path, import.meta.url).pathname;

/** What runs the built container, compiles applications, or waits for real time and real sockets. */
const SYSTEM = ['cli', 'deployment', 'http', 'packages', 'running', 'wire', 'workers'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [
      { find: /^@siplet\/sdk$/, replacement: here('sdk/index.ts') },
      { find: /^@siplet\/sdk\/(.*)$/, replacement: here('sdk/$1.ts') },
    ],
  },
  test: {
    // The sources are loaded once a worker and not once a file: tests share nothing but them.
    isolate: false,
    testTimeout: 20_000,
    projects: [
      // Logic and flows in virtual time, on every core: `npm run test:unit`, well under a minute.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/peers/**', ...SYSTEM],
          maxWorkers: '100%',
        },
      },
      // After it, with a core left for what the tests start: they wait for real time.
      { extends: true, test: { name: 'system', include: SYSTEM, sequence: { groupOrder: 1 } } },
    ],
  },
});
