// What nobody waits for is done beside the calls, and not instead of them.
import { constants, setPriority } from 'node:os';

/** The process gets what time the others leave. */
export function putInBackground(id: number | undefined): void {
  try {
    if (id !== undefined) setPriority(id, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or the host does not allow it.
  }
}
