// Duplicates descriptors of one socket, one for each thread that sends on it, so that a thread that ends closes only
// its own. Node cannot duplicate a descriptor, but a socket that is sent to another process and back gets a new one.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DUPLICATOR = fileURLToPath(new URL('./duplicator.js', import.meta.url));
/** Milliseconds. */
const TIMEOUT = 10_000;

/** The part of Node's handle that is used here. */
interface Handle {
  readonly fd: number;
  close(): void;
}

/**
 * A handle owns its descriptor as long as it exists. The thread that was given the descriptor closes it; if the handle
 * also closed it, it would close whatever has that number by then. So the handles are kept. There are few: one for each
 * start of a thread.
 */
const GIVEN: Handle[] = [];

/**
 * Returns `count` new descriptors of each socket, grouped by thread. Rejects where the system cannot do it, and then
 * leaves none behind.
 */
export async function duplicates(handles: readonly object[], count: number): Promise<number[][]> {
  const all: number[][] = Array.from({ length: count }, () => []);
  if (handles.length === 0) return all;
  // A signal typed at a terminal for this process must not end the helper.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = fork(DUPLICATOR, { execArgv: [], env, timeout: TIMEOUT, detached: true });
  const given: Handle[] = [];
  let hasFailed = false;
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.once('exit', () => reject(new Error('the helper that duplicates sockets has ended')));
      // Sockets return in the order in which they are sent.
      let expected = 0;
      child.on('message', ({ sent = 0 }: { readonly sent?: number }, arrived) => {
        const handle = arrived as unknown as Handle | undefined;
        if (hasFailed) return handle?.close();
        if (handle !== undefined && handle.fd >= 0) {
          all[given.length % count]?.push(handle.fd);
          given.push(handle);
        }
        expected += sent;
        if (given.length < expected)
          reject(new Error('sockets cannot be shared among threads: no descriptors are left'));
        else if (expected === handles.length * count) resolve();
      });
      for (const handle of handles) child.send({ count }, handle as never);
    });
    GIVEN.push(...given);
    return all;
  } catch (error) {
    hasFailed = true;
    for (const handle of given) handle.close();
    throw error;
  } finally {
    if (child.connected) child.disconnect();
  }
}
