// What happened at the container's edge, in order: messages in and out, failures of the network, and what its
// application did.
import type { HandlerName } from './script.js';
import type { Sip } from './text.js';
import type { Transport } from './wires.js';

export interface Packet {
  readonly kind: 'in' | 'out';
  readonly index: number;
  readonly time: number;
  readonly peer: string;
  readonly transport: Transport;
  readonly line: number;
  readonly sip: Sip;
}

export interface Failure {
  readonly kind: 'failed';
  readonly index: number;
  readonly time: number;
  readonly peer: string;
  readonly wire: string;
  readonly line: number;
}

export type ActName =
  | 'proxyTo'
  | 'cancel all'
  | 'cancel branch'
  | 'own 1xx'
  | 'own final'
  | 'refused'
  | 'begins'
  | 'ends'
  | 'fails';

export interface Act {
  readonly kind: 'app';
  readonly index: number;
  readonly time: number;
  readonly what: ActName;
  /** The handler at work; 'later' for what is done beside all handlers. */
  readonly handler: HandlerName | 'initial' | 'later';
  readonly uris: readonly string[];
  /** Of a response: its own, or that with which a handler is called. */
  readonly status: number;
  readonly id: string;
  /** What was refused; what a handler failed with; the text for people. */
  readonly detail: string;
  /** A best-response handler was at work. */
  readonly inBest: boolean;
  /** Seconds that branches were given of their own. */
  readonly timeout: number | undefined;
  /** What these branches do with a 3xx, where it was said for them. */
  readonly recurse: boolean | undefined;
}

export type Entry = Packet | Failure | Act;

export function describe(entry: Entry): string {
  const time = (entry.time / 1000).toFixed(3).padStart(9);
  if (entry.kind === 'failed')
    return `${time} !! ${entry.peer}${entry.line > 0 ? ` connection ${entry.line} ends` : ' unreachable'}`;
  if (entry.kind !== 'app')
    return `${time} ${entry.kind === 'in' ? '->' : '<-'} ${entry.peer} ${entry.transport} ${entry.sip}`;
  const { handler, what, uris, status, id, detail } = entry;
  return `${time} .. ${handler} ${what} ${status > 0 ? status : ''} ${id} ${uris.join(' ')} ${detail}`.replace(
    / +$/,
    '',
  );
}
