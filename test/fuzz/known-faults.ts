// Faults of the container that the fuzz has found and that are not mended yet: each with a seed. A line goes when its
// fault has gone; its seed goes to regressions.test.ts.
import type { Sequence } from './sequence.js';

interface KnownFault {
  readonly seed: number;
  readonly text: RegExp;
  readonly where?: (sequence: Sequence) => boolean;
}

const KNOWN: readonly KnownFault[] = [];

/** The faults of a sequence that are new. */
export function newFaults(sequence: Sequence): string[] {
  return sequence.faults.filter(
    (fault) => !KNOWN.some(({ text, where }) => text.test(fault) && (where === undefined || where(sequence))),
  );
}
