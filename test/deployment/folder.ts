// Applications written to a temporary folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

// vitest maps stacks to its own sources in its own way; a container has Node's source maps alone.
Error.prepareStackTrace = undefined as never;

/** A folder that is gone when the test has finished. */
export function folder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'siplet-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  write(root, files);
  return root;
}

export function write(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** A siplet in one file that answers with `mark`. */
export function siplet(className: string, mark = className): string {
  return `import { Siplet, Invite } from '@siplet/sdk';
@Siplet()
export class ${className} {
  @Invite() ring(): string { return ${JSON.stringify(mark)}; }
}
`;
}
