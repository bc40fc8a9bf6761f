// Faults of the container that the calls have shown and that are not mended yet: what they show, and where. A line goes
// when its fault has gone.
import type { Style } from './plan.js';

interface KnownFault {
  readonly id: string;
  readonly text: RegExp;
  readonly styles?: readonly Style[];
}

const KNOWN: readonly KnownFault[] = [
  { id: 'E-04', text: /: BYE .*(the target is|with CSeq \d+ after|for the second time)/ },
  { id: 'E-08', text: /two different answers in one dialog|ACK without the answer/ },
  { id: 'E-17', text: /NOTIFY of refer/ },
  // A leg that was given up while its callee had not rung yet, and rings then.
  { id: 'E-07', text: /in a dialog that there is not/ },
  // Several dialogs of the callee's side are one dialog of the caller.
  { id: 'E-08', text: /stands, and (nobody|the caller has none)|stands after the other side has hung up/ },
  { id: 'E-08', text: /(REFER|ACK|INFO|MESSAGE|OPTIONS|UPDATE|NOTIFY|INVITE) .*(the target is|with CSeq \d+ after)/ },
];

/** The faults of a call that are new. */
export function newFaults(faults: readonly string[], style: Style): string[] {
  return faults.filter(
    (fault) => !KNOWN.some(({ text, styles }) => text.test(fault) && (styles?.includes(style) ?? true)),
  );
}
