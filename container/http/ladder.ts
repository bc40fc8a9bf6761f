// A call as a ladder of text: us and those we spoke with, a line for each message. The console
// carries the same function as text.
import type { CallTrace } from '../observe/calls.js';

export interface Ladder {
  readonly head: string;
  /** One line for each message of the trace, in order. */
  readonly steps: readonly string[];
}

/**
 * Columns: whoever sent the first message, then us, then the others; what passes between applications is written beside
 * our own. It must not use anything from outside of itself.
 */
export function ladderOf(call: Pick<CallTrace, 'began' | 'trace'>): Ladder {
  const WIDTH = 27;
  const others: string[] = [];
  for (const each of call.trace)
    if (each.direction !== 'inside' && !others.includes(each.remote)) others.push(each.remote);
  const isReceived = call.trace[0]?.direction === 'in';
  const columns = isReceived ? [others[0], 'siplet', ...others.slice(1)] : ['siplet', ...others];
  const us = isReceived ? 1 : 0;
  const steps = call.trace.map((message) => {
    const { at, start } = message;
    let line = `${String(Math.round(at - call.began)).padStart(6)} ms  `;
    // 'INVITE', '200 OK'
    const words = start.startsWith('SIP/2.0 ') ? start.slice(8) : start.slice(0, start.indexOf(' '));
    const shown = words.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
    if (message.direction === 'inside') {
      const { sender, recipient } = message;
      const from = sender === undefined ? '' : `from ${sender}`;
      const to = recipient === undefined ? '' : `to ${recipient}`;
      const who = from !== '' && to !== '' ? `${sender} → ${recipient}` : from + to;
      const bars = columns.map((_name, column) => (column < columns.length - 1 ? '|'.padEnd(WIDTH) : '|')).join('');
      const before = us * WIDTH + 1;
      const said = `* ${shown.slice(0, 40)} ${who}`;
      return line + bars.slice(0, before) + said + bars.slice(before + said.length);
    }
    const there = columns.indexOf(message.remote);
    const left = Math.min(there, us);
    const right = Math.max(there, us);
    const space = (right - left) * WIDTH - 1;
    const isToRight = message.direction === 'out' ? there > us : there < us;
    const named = shown.slice(0, space - 5);
    const arrow = isToRight
      ? `- ${named} ${'-'.repeat(Math.max(0, space - named.length - 4))}>`
      : `< ${named} ${'-'.repeat(Math.max(0, space - named.length - 3))}`;
    for (let column = 0; column < columns.length; column++) {
      line += '|';
      if (column === left) {
        line += arrow;
        column = right - 1;
      } else if (column < columns.length - 1) {
        line += ' '.repeat(WIDTH - 1);
      }
    }
    return line;
  });
  const title = columns.map((name) => String(name).padEnd(WIDTH)).join('');
  return { head: `           ${title}`.trimEnd(), steps };
}

/** For the console. */
export const LADDER: string = ladderOf.toString();
