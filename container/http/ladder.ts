// A call as a ladder diagram in text: one column for us and one for each peer, one line for each message. The console
// includes the source text of these functions.
import type { CallTrace, TracedMessage } from '../observe/calls.js';

interface Ladder {
  readonly head: string;
  /** One line for each message of the trace, in order. */
  readonly steps: readonly string[];
}

/** Characters from one column to the next. */
const WIDTH = 27;

/**
 * Each line says when the message went and by what transport. The columns are the sender of the first message, then us,
 * then the other peers. A message between applications is written beside our own column.
 */
export function ladderOf(call: Pick<CallTrace, 'began' | 'trace'>): Ladder {
  const columns = columnsOf(call.trace);
  const title = columns.map((name) => name.padEnd(WIDTH)).join('');
  return {
    head: `                ${title}`.trimEnd(),
    steps: call.trace.map((message) => stepOf(message, call.began, columns)),
  };
}

function columnsOf(trace: readonly TracedMessage[]): string[] {
  const remotes = trace.flatMap((message) => (message.direction === 'inside' ? [] : message.remote));
  const [first = '', ...others] = new Set(remotes);
  if (trace[0]?.direction === 'in') return [first, 'siplet', ...others];
  return remotes.length === 0 ? ['siplet'] : ['siplet', first, ...others];
}

function stepOf(message: TracedMessage, began: number, columns: readonly string[]): string {
  const { at, start } = message;
  // 'INVITE', '200 OK'
  const words = start.startsWith('SIP/2.0 ') ? start.slice(8) : start.slice(0, start.indexOf(' '));
  const shown = words.replace(/\p{Cc}/gu, '?');
  const us = columns.indexOf('siplet');
  const there = message.direction === 'inside' ? us : columns.indexOf(message.remote);
  const from = Math.min(us, there) * WIDTH + 1;
  const text =
    message.direction === 'inside'
      ? `* ${shown.slice(0, 40)} ${partiesOf(message.sender, message.recipient)}`
      : arrowOf(shown, Math.abs(there - us) * WIDTH - 1, (message.direction === 'out') === there > us);
  const bars = `${'|'.padEnd(WIDTH).repeat(columns.length - 1)}|`;
  const line = bars.slice(0, from) + text + bars.slice(from + text.length);
  const transport = message.direction === 'inside' ? '' : message.transport;
  return `${String(Math.round(at - began)).padStart(6)} ms  ${transport.padEnd(5)}${line}`;
}

function partiesOf(sender: string | undefined, recipient: string | undefined): string {
  if (sender !== undefined && recipient !== undefined) return `${sender} → ${recipient}`;
  if (sender !== undefined) return `from ${sender}`;
  return recipient === undefined ? '' : `to ${recipient}`;
}

/** An arrow with its label, `space` characters long. */
function arrowOf(words: string, space: number, isToRight: boolean): string {
  const named = words.slice(0, space - 5);
  const line = '-'.repeat(space - named.length - (isToRight ? 4 : 3));
  return isToRight ? `- ${named} ${line}>` : `< ${named} ${line}`;
}

/** The source text of `ladderOf`, for the console. The functions must not use anything defined outside them. */
export const LADDER: string = [
  `const WIDTH = ${WIDTH};`,
  ...[ladderOf, columnsOf, stepOf, partiesOf, arrowOf].map(String),
].join('\n');
