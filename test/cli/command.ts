// A command of `siplet`, run in this process.
import { main } from '../../container/cli/main.js';
import type { ExitStatus } from '../../container/cli/terminal.js';

export async function command(...words: string[]): Promise<{ status: ExitStatus; out: string; err: string }> {
  let out = '';
  let err = '';
  const status = await main(words, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { status, out, err };
}
