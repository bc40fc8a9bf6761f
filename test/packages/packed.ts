// The packages as they are published, packed into a temporary folder. Needs the build.
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const execute = promisify(execFile);

/**
 * Programs written in JavaScript (npm, npx, siplet) run on the Node that runs the tests, whichever comes first
 * otherwise.
 */
export const ENVIRONMENT = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  NO_COLOR: '1',
};

/** The caller removes the folder. */
export async function packInto(prefix: string): Promise<{ folder: string; sdk: string; container: string }> {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const words = [join(ROOT, 'test/tools/tarballs.mjs'), folder];
  const { stdout } = await execute(process.execPath, words, { env: ENVIRONMENT });
  const [sdk, container] = stdout.trim().split('\n') as [string, string];
  return { folder, sdk, container };
}
