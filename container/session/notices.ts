// Calls for which no message waits: the life of sessions, and timers. Like all others, they go through the mailbox
// (C-43).
import type { HandlerKind } from '@siplet/sdk/declarations';
import type { Handler } from '../application/handler.js';
import type { SessionOwner } from './owner.js';

/** Calls the application's handler of that kind, where it has one; then `done`, at once where it has none. */
export function notify(session: SessionOwner, kind: HandlerKind, argument: unknown, done?: () => void): void {
  const handler = session.application.table.life(kind);
  if (handler !== undefined) call(session, handler, argument, done);
  else done?.();
}

/** Calls one handler in its turn; then `done`, also when it failed. */
export function call(session: SessionOwner, handler: Handler | undefined, argument: unknown, done?: () => void): void {
  session.mailbox.post({
    isWaitedFor: false,
    handler: () => handler,
    argument: () => argument,
    settled(error, called) {
      if (error !== undefined && called !== undefined)
        session.services.invocation.failed(called.label, session.application, error);
      done?.();
    },
  });
}
