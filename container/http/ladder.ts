// A call as a ladder of text: us and those we spoke with, a line for each message. The console carries the same function as text.
import type { CallTrace } from '../observe/calls.js';

export interface Ladder {
  readonly head: string;
  /** One line for each message of the trace, in order. */
  readonly steps: readonly string[];
}

/** Columns: whoever sent the first message, then us, then the others. It must not use anything from outside of itself. */
export function ladderOf(call: Pick<CallTrace, 'began' | 'trace'>): Ladder {
  const WIDTH = 27;
  const others: string[] = [];
  for (const { remote } of call.trace) if (!others.includes(remote)) others.push(remote);
  const isReceived = call.trace[0]?.direction === 'in';
  const columns = isReceived ? [others[0], 'siplet', ...others.slice(1)] : ['siplet', ...others];
  const us = isReceived ? 1 : 0;
  const steps = call.trace.map(({ at, direction, remote, start }) => {
    const there = columns.indexOf(remote);
    const left = Math.min(there, us);
    const right = Math.max(there, us);
    const space = (right - left) * WIDTH - 1;
    const isToRight = direction === 'out' ? there > us : there < us;
    // 'INVITE', '200 OK'
    const words = start.startsWith('SIP/2.0 ') ? start.slice(8) : start.slice(0, start.indexOf(' '));
    const shown = words.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?').slice(0, space - 5);
    const arrow = isToRight
      ? `- ${shown} ${'-'.repeat(Math.max(0, space - shown.length - 4))}>`
      : `< ${shown} ${'-'.repeat(Math.max(0, space - shown.length - 3))}`;
    let line = `${String(Math.round(at - call.began)).padStart(6)} ms  `;
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
