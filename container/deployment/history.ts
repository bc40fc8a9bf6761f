// What was deployed, kept as compiled code and not as live code: the version in service and the
// one before it, for a rollback.
import { rmSync } from 'node:fs';
import type { Bundle } from './compile.js';
import type { Deployable } from './deployable.js';

/** All that it takes to start a version again. */
export interface Snapshot {
  readonly deployable: Deployable;
  readonly bundle: Bundle;
  /** Where its archive was unpacked: removed when nobody needs it any more. */
  readonly room?: string;
}

export class History {
  readonly #current = new Map<string, Snapshot>();
  readonly #previous = new Map<string, Snapshot>();
  readonly #rooms = new Set<string>();

  started(snapshot: Snapshot): void {
    const { name } = snapshot.deployable;
    const before = this.#current.get(name);
    if (before) this.#previous.set(name, before);
    this.#current.set(name, snapshot);
    if (snapshot.room !== undefined) this.#rooms.add(snapshot.room);
  }

  ended(name: string): void {
    const before = this.#current.get(name);
    if (before) this.#previous.set(name, before);
    this.#current.delete(name);
  }

  previous(name: string): Snapshot | undefined {
    return this.#previous.get(name);
  }

  /** It has been put back, and is not the previous version any more. */
  forget(snapshot: Snapshot): void {
    const { name } = snapshot.deployable;
    if (this.#previous.get(name) === snapshot) this.#previous.delete(name);
  }

  /** Removes what was unpacked for versions that are neither alive nor kept. */
  sweep(alive: Iterable<Snapshot | undefined>): void {
    const needed = new Set<string | undefined>();
    for (const each of [...alive, ...this.#current.values(), ...this.#previous.values()]) needed.add(each?.room);
    for (const room of this.#rooms) {
      if (needed.has(room)) continue;
      this.#rooms.delete(room);
      removeRoom(room);
    }
  }

  /** Removes everything that was unpacked. */
  close(): void {
    this.#current.clear();
    this.#previous.clear();
    this.sweep([]);
  }
}

/** What cannot be removed now is at the next start of the container. */
export function removeRoom(room: string | undefined): void {
  if (room === undefined) return;
  try {
    rmSync(room, { recursive: true, force: true });
  } catch {
    // The disk is read-only now, or gone.
  }
}
