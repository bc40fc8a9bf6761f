// `siplet calls · trace CALL-ID`: the calls of a running container, and the ladder of one.
import { ladderOf } from '../http/ladder.js';
import type { CallSummary, CallTrace, TracedMessage } from '../observe/calls.js';
import { Operator, type OperatorOptions } from './operator.js';
import { printable, table } from './table.js';
import type { Terminal } from './terminal.js';

export async function calls(options: OperatorOptions, terminal: Terminal): Promise<void> {
  const all = await new Operator(options).ask<CallSummary[]>('GET', ['api', 'calls']);
  if (all.length === 0) return terminal.out('no calls\n');
  terminal.out(
    table(
      ['BEGAN', 'METHOD', 'FROM', 'TO', 'STATE', 'MESSAGES', 'CALL-ID'],
      all.map(({ began, method, from, to, state, status, messages, callId }) => [
        new Date(began).toTimeString().slice(0, 8),
        method,
        uriOf(from),
        uriOf(to),
        status === undefined ? state : `${state} ${status}`,
        messages,
        callId,
      ]),
    ),
  );
}

export interface TraceOptions extends OperatorOptions {
  /** The messages in full, below the ladder. */
  readonly messages?: boolean;
}

export async function trace(callId: string, options: TraceOptions, terminal: Terminal): Promise<void> {
  const call = await new Operator(options).ask<CallTrace>('GET', ['api', 'calls', callId]);
  const { head, steps } = ladderOf(call);
  terminal.out(`${printable(head)}\n`);
  for (const step of steps) terminal.out(`${printable(step)}\n`);
  if (call.omitted > 0) terminal.out(`and ${call.omitted} more, which are not kept (trace.messages)\n`);
  if (!options.messages) return;
  for (const message of call.trace) {
    terminal.out(`\n${Math.round(message.at - call.began)} ms, ${printable(wayOf(message))}\n`);
    for (const line of message.text.trimEnd().split('\n')) terminal.out(`  ${printable(line.trimEnd())}\n`);
  }
}

/** Where it came from, or went. */
function wayOf(message: TracedMessage): string {
  if (message.direction !== 'inside')
    return `${message.direction === 'in' ? 'from' : 'to'} ${message.transport.toLowerCase()}:${message.remote}`;
  const { sender, recipient } = message;
  const from = sender === undefined ? '' : ` from ${sender}`;
  return `inside${from}${recipient === undefined ? '' : ` to ${recipient}`}`;
}

/** The URI of an address. */
function uriOf(address: string): string {
  return /<([^>]*)>/.exec(address)?.[1] ?? address.replace(/;.*/, '');
}
