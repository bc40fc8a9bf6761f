// State diagrams and matrices of the machines, generated from their tables for the README. Not used while messages are
// handled.
import { INVITE_CLIENT } from './invite-client.js';
import { INVITE_SERVER } from './invite-server.js';
import type { Arc, Table } from './machine.js';
import { NON_INVITE_CLIENT } from './non-invite-client.js';
import { NON_INVITE_SERVER } from './non-invite-server.js';
import { TIMER_TABLE, type TimerName } from './timers.js';

type AnyTable = Table<string, string, string>;

/** The four, in the order of §17. */
export const MACHINES: readonly AnyTable[] = [INVITE_CLIENT, NON_INVITE_CLIENT, INVITE_SERVER, NON_INVITE_SERVER];

/** The markers around the generated part of the README. */
const BEGIN = '<!-- from the tables: UPDATE_PICTURES=1 npx vitest run test/transaction/pictures.test.ts -->';
const END = '<!-- end of what is from the tables -->';

/** A state diagram as Mermaid text: arcs between the same two states share a line. */
export function picture(table: AnyTable): string {
  const lines = ['stateDiagram-v2', `  [*] --> ${label(table.initial)}`];
  for (const [state, arcs] of Object.entries(table.states)) {
    for (const event of table.events) {
      const arc = arcs[event];
      if (arc !== undefined) lines.push(`  ${state} --> ${label(arc, event)}`);
    }
  }
  lines.push('  terminated --> [*]');
  return lines.join('\n');
}

function label([next, ...actions]: Arc<string, string>, event?: string): string {
  const what = [event, actions.join(', ')].filter(Boolean).join(' / ');
  return what === '' ? next : `${next}: ${what}`;
}

/** State × event as a Markdown table: the next state and the actions, or '·' for an absorbed event. */
export function matrix(table: AnyTable): string {
  const states = Object.keys(table.states);
  const rows = table.events.map((event) => {
    const cells = states.map((state) => {
      const arc = table.states[state]?.[event];
      return arc === undefined ? '·' : [`**${arc[0]}**`, ...arc.slice(1)].join(' ');
    });
    return `| ${event} | ${cells.join(' | ')} |`;
  });
  return [`| | ${states.join(' | ')} |`, `|---|${states.map(() => '---|').join('')}`, ...rows].join('\n');
}

/** The timers of Table 4. */
function timers(): string {
  const rows = (Object.keys(TIMER_TABLE) as TimerName[]).map((name) => {
    const { unreliable, reliable, kind, section } = TIMER_TABLE[name];
    return `| ${name} | ${unreliable} | ${reliable} | ${kind} | ${section} |`;
  });
  return ['| timer | unreliable | reliable | kind | section |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** The whole generated part, with its markers. */
function pictures(): string {
  const parts = MACHINES.map((table) =>
    [`### ${table.name}`, table.section, `\`\`\`mermaid\n${picture(table)}\n\`\`\``, matrix(table)].join('\n\n'),
  );
  return [BEGIN, ...parts, '### Timers', timers(), END].join('\n\n');
}

/** The README with its generated part renewed. */
export function redrawn(readme: string): string {
  const begin = readme.indexOf('<!-- from the tables');
  const end = readme.indexOf(END);
  if (begin < 0 || end < 0) throw new Error('the README has lost the markers of its generated part');
  return readme.slice(0, begin) + pictures() + readme.slice(end + END.length);
}
