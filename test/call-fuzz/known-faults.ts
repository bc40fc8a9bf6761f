// Faults of the container that the calls have shown and that are not mended yet: what they show, and where. A line goes
// when its fault has gone.
import type { Style } from './plan.js';

interface KnownFault {
  readonly id: string;
  readonly text: RegExp;
  readonly styles?: readonly Style[];
}

const KNOWN: readonly KnownFault[] = [
  { id: 'E-17', text: /NOTIFY of refer/ },
  // A peer that answers 481 in a confirmed dialog gets no BYE.
  {
    id: 'W-03',
    text: /ACK without the answer|the caller has none|stands after the other side has hung up|nobody's beyond it/,
  },
  // A request in an early dialog overtakes the 1xx that a slow handler holds; a BYE goes to a caller that got 408.
  { id: 'F-2', text: /in a dialog that there is not/ },
  // A 2xx after Timer L makes no session for the outer application: the inner one does not see the caller's BYE.
  { id: 'F-3', text: /(dialogSets|applicationSessions|deadlines) (is|are) (left|still)/, styles: ['proxied'] },
];

/** The faults of a call that are new. */
export function newFaults(faults: readonly string[], style: Style): string[] {
  return faults.filter(
    (fault) => !KNOWN.some(({ text, styles }) => text.test(fault) && (styles?.includes(style) ?? true)),
  );
}
