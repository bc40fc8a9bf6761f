// The handler table in words, as a deployment prints it: one line for each declaration.
import { type HandlerDeclaration, type HandlerKind, handlersOf } from '@siplet/sdk/declarations';
import type { DeclaredHandler, SipletEntry } from './handler.js';
import { RANGES } from './status-ranges.js';

const WORDS: Partial<Record<HandlerKind, string>> = {
  initial: 'initial',
  subsequent: 'subsequent',
  cancel: 'CANCEL',
  stateless: 'every request, stateless',
  branch: 'branch response',
  timer: 'timer',
  sessionKey: 'session key',
};

/** The messages that a kind of handler takes, as part of a sentence: "initial INVITE requests". */
export function messagesOf(kind: HandlerKind, method: string | undefined): string {
  if (kind === 'initial' || kind === 'subsequent') return `${kind} ${method ?? ''}${method ? ' ' : ''}requests`;
  if (kind === 'branch') return `branch responses${method ? ` to ${method}` : ''}`;
  return WORDS[kind] ?? spaced(kind);
}

/** 'applicationSessionExpired' → 'application session expired'. */
function spaced(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Lines such as `initial INVITE → ReachMe.ring`, one for each declaration. */
export function tableLines(handlers: readonly DeclaredHandler[], siplets: readonly SipletEntry[]): string[] {
  const rows = handlers.map(({ declaration, handler }): [string, string] => [
    told(declaration),
    handler.realm === undefined ? handler.label : `${handler.label}, authenticated in '${handler.realm}'`,
  ]);
  for (const { siplet, type } of siplets) {
    for (const { kind, property } of handlersOf(type)) {
      if (kind === 'sessionKey') rows.push(['session key', `${siplet.className}.${String(property)} (static)`]);
    }
  }
  const width = Math.max(0, ...rows.map(([what]) => what.length));
  return [...new Set(rows.map(([what, label]) => `${what.padEnd(width)} → ${label}`))];
}

/** What a declaration takes, in a few words: 'initial INVITE', 'response 300-699 to any'. */
function told({ kind, methods, statuses, timer, when }: HandlerDeclaration): string {
  const named = methods.length > 0 ? methods.join(' ') : 'any';
  if (kind === 'initial' || kind === 'subsequent') return `${kind} ${named}${when === undefined ? '' : ' when …'}`;
  if (kind === 'timer') return `timer ${timer ?? 'any'}`;
  if (kind === 'branch') return `branch response 300-699 to ${named}`;
  const range = statuses ?? RANGES[kind];
  if (range) return `response ${range.join('-')} to ${named}`;
  return WORDS[kind] ?? spaced(kind);
}
