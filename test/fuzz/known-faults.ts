// Faults of the container that the fuzz has found and that are not mended yet: each with a seed. A line goes when its fault has gone; its seed goes to regressions.test.ts.
import type { Sequence } from './stand.js';

interface KnownFault {
  readonly seed: number;
  readonly text: RegExp;
  readonly where?: (sequence: Sequence) => boolean;
}

const cancels = ({ entries }: Sequence): boolean =>
  entries.some((entry) => entry.kind === 'app' && entry.what === 'cancel all');

const KNOWN: readonly KnownFault[] = [
  // A non-INVITE whose best response is 408 is forgotten at once, and its next retransmission is proxied again as a new request.
  { seed: 22, text: /a retransmission was taken for a new request/ },
  // A dialog that a branch with recordRoute = false has made is kept for ever when the proxy record-routes.
  {
    seed: 354,
    text: /(dialogSets|applicationSessions|deadlines) (is|are) (left|still)/,
    where: ({ entries }) =>
      entries.some((entry) => entry.kind === 'app' && entry.detail === 'recordRoute false') ||
      entries.some((entry) => entry.kind === 'app' && entry.detail === 'recordRoute true'),
  },
  // What the best-response handler adds while the branches are being cancelled is cancelled with them.
  { seed: 2076, text: /was chosen while branches to/, where: cancels },
  // The choice does not wait for final responses that have come and whose handlers have not had their turn.
  { seed: 4751, text: /is better \(C-15\)/, where: cancels },
  // Its own final response from another handler, while the best-response handler waits for its turn again, is sent in the place of the best response.
  { seed: 16801, text: /app\.\d+ (went upstream as it came|was chosen, and)/ },
  // A BYE whose handler fails is answered 500 and ends nothing here.
  {
    seed: 963,
    text: /(dialogSets|applicationSessions|deadlines) (is|are) (left|still)/,
    where: ({ entries }) =>
      entries.some((entry) => entry.kind === 'out' && entry.sip.method === 'BYE' && entry.sip.status === 500),
  },
  // With noCancel, the caller's CANCEL between the first 2xx and its way upstream cancels nothing.
  {
    seed: 10781,
    text: /was not cancelled by the caller's CANCEL/,
    where: ({ script }) => script.application.noCancel,
  },
  // The next hop of a target is tried although the search is over.
  { seed: 966, text: / starts after / },
  // ACK and CANCEL are not sent when the connection of their INVITE has ended.
  {
    seed: 649,
    text: /was not acknowledged/,
    where: ({ entries }) => entries.some(({ kind }) => kind === 'failed'),
  },
];

/** The faults of a sequence that are new. */
export function newFaults(sequence: Sequence): string[] {
  return sequence.faults.filter(
    (fault) => !KNOWN.some(({ text, where }) => text.test(fault) && (where === undefined || where(sequence))),
  );
}
