// Faults of the container that the calls have shown and that are not mended yet: what they show, and where. A line goes
// when its fault has gone.

interface KnownFault {
  readonly id: string;
  readonly text: RegExp;
}

const KNOWN: readonly KnownFault[] = [
  // A request in an early dialog overtakes the 1xx that a slow handler holds; a BYE goes to a caller that got 408.
  { id: 'F-2', text: /in a dialog that there is not/ },
];

/** The faults of a call that are new. */
export function newFaults(faults: readonly string[]): string[] {
  return faults.filter((fault) => !KNOWN.some(({ text }) => text.test(fault)));
}
