// Descriptors of one socket, one for each thread that sends on it: a thread that ends closes its own, and nobody else's. Node cannot duplicate a descriptor,
// but a socket that is sent to another process and back is a new one.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DUPLICATOR = fileURLToPath(new URL('./duplicator.js', import.meta.url));
/** Milliseconds. */
const TIMEOUT = 20_000;

/** What Node calls a handle, as far as it is looked at here. */
interface Handle {
  readonly fd: number;
}

/**
 * A handle stands for its descriptor as long as it is there. Whoever was given the descriptor closes it; closing it here too would close whatever has
 * got its number since. One for each start of a thread: there are few.
 */
const GIVEN: Handle[] = [];

/** `count` new descriptors of each socket, by whom they are for. Rejects where the system cannot do it. */
export async function duplicates(handles: readonly object[], count: number): Promise<number[][]> {
  const all: number[][] = Array.from({ length: count }, () => []);
  if (handles.length === 0) return all;
  const child = fork(DUPLICATOR, { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' }, timeout: TIMEOUT });
  let left = handles.length * count;
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.once('exit', () => reject(new Error('the helper that duplicates sockets has ended')));
      // In the order in which they are sent.
      child.on('message', (_left, given) => {
        const { fd } = (given ?? { fd: -1 }) as unknown as Handle;
        if (fd < 0) return reject(new Error('sockets cannot be shared among threads on this system'));
        GIVEN.push(given as unknown as Handle);
        all[(handles.length * count - left--) % count]!.push(fd);
        if (left === 0) resolve();
      });
      for (const handle of handles) child.send({ count }, handle as never);
    });
    return all;
  } finally {
    child.disconnect();
  }
}
