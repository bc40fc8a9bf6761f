import { defineConfig } from 'vitest/config';

const here = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [
      { find: /^@siplet\/sdk$/, replacement: here('sdk/index.ts') },
      { find: /^@siplet\/sdk\/(.*)$/, replacement: here('sdk/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/peers/**', '**/node_modules/**'],
    setupFiles: [],
    testTimeout: 20_000,
  },
});
