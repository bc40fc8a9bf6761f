// What must be true when nothing is under way any more: nobody waits, each dialog that stands has its other side, and
// both agree on the descriptions (RFC 3264).
import type { Agent } from './agent.js';
import type { Dialog } from './dialog.js';

export function disagreements(caller: Agent, callees: readonly Agent[]): string[] {
  const faults: string[] = [];
  for (const agent of [caller, ...callees]) if (agent.reach === 'open') faults.push(...waiting(agent));
  const called = callees.flatMap((callee) => callee.standing);
  for (const dialog of caller.standing) faults.push(...ofCaller(dialog, called, callees));
  // An answer that has got lost tells nothing of its giver.
  const isClear = caller.reach === 'open' && !caller.standing.some(({ offers }) => offers.remote === '');
  for (const other of isClear ? called : []) {
    if (!caller.standing.some((dialog) => other.given.has(dialog.offers.remote)))
      faults.push(`the callee's dialog ${other.localTag} stands, and the caller has none`);
  }
  return faults;
}

function ofCaller(dialog: Dialog, called: readonly Dialog[], callees: readonly Agent[]): string[] {
  const { remote } = dialog.offers;
  if (remote === '' || remote.includes('o=application')) return [];
  const others = called.filter((other) => other.given.has(remote));
  if (others.length === 0 && isReachable(dialog, callees))
    return [`the caller's dialog with ${dialog.remoteTag} stands, and nobody's beyond it`];
  return others.flatMap((other) => differences(dialog, other));
}

/** The one who gave the description can be asked. */
function isReachable(dialog: Dialog, callees: readonly Agent[]): boolean {
  const owner = callees.find(({ dialogs }) => dialogs.some((one) => one.given.has(dialog.offers.remote)));
  return owner === undefined || owner.reach === 'open';
}

function waiting(agent: Agent): string[] {
  const faults: string[] = [];
  for (const { request, final, over } of agent.clients.values()) {
    if (request.method === 'INVITE' && final === undefined && !over)
      faults.push(`${agent.name}: no final response to ${request} ${request.cseq}`);
  }
  for (const { request, last, final, cancelled } of agent.servers.values()) {
    if (request.method === 'INVITE' && last !== undefined && final === 0 && !cancelled)
      faults.push(`${agent.name} rings for ever`);
  }
  return faults;
}

function differences(one: Dialog, other: Dialog): string[] {
  if (!one.isSettled || !other.isSettled) return [];
  const faults: string[] = [];
  if (one.offers.remote !== other.offers.local)
    faults.push(`the caller has ${brief(one.offers.remote)}, the callee means ${brief(other.offers.local)} (RFC 3264)`);
  if (other.offers.remote !== one.offers.local)
    faults.push(`the callee has ${brief(other.offers.remote)}, the caller means ${brief(one.offers.local)} (RFC 3264)`);
  return faults;
}

function brief(description: string): string {
  return /o=\S+ \d+ \d+/.exec(description)?.[0] ?? 'none';
}
