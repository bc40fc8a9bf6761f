// Faults in the use of @Authenticated, found before any handler is called (§22.1, RULES.md section 2): one sentence for
// each, naming class and method.
import {
  type AuthenticationDeclaration,
  authenticationsOf,
  handlersOf,
  type SipletClass,
} from '@siplet/sdk/declarations';
import { faultsOfOptions } from '../digest/index.js';
import type { SipletEntry } from './handler.js';

export function authenticationFaults({ siplet, type }: SipletEntry): string[] {
  const all = authenticationsOf(type);
  return all.flatMap((declaration, i) => {
    const where = `${siplet.className}.${String(declaration.property)} (@Authenticated())`;
    const twice = all.findIndex(({ property }) => property === declaration.property) < i;
    const faults = [
      ...(twice ? ['the method has it twice'] : placeFaults(declaration, type)),
      ...faultsOfOptions(declaration.options),
      ...usersFaults(declaration, siplet.instance),
    ];
    return faults.map((fault) => `${where}: ${fault}`);
  });
}

function placeFaults({ property, isStatic }: AuthenticationDeclaration, type: SipletClass): string[] {
  if (isStatic) return ["the method is static; messages go to methods of the instance: remove 'static'"];
  const handlers = handlersOf(type).filter((handler) => handler.property === property);
  if (handlers.length === 0) return ['the method takes no requests: add @Invite() or another decorator for requests'];
  const faults: string[] = [];
  for (const { kind, methods, decorator } of handlers) {
    if (kind === 'cancel' || (methods.length > 0 && methods.every((method) => method === 'ACK' || method === 'CANCEL')))
      faults.push(`${decorator}: ACK and CANCEL cannot be challenged, because they cannot be sent again (§22.1)`);
    else if (kind !== 'initial' && kind !== 'subsequent')
      faults.push(`${decorator} takes no requests that can be answered`);
  }
  return faults;
}

function usersFaults({ options }: AuthenticationDeclaration, instance: object): string[] {
  const users: unknown = options?.users;
  if (typeof users === 'function') return [];
  if (typeof users !== 'string')
    return ["users is missing: give a function, or the name of the method that returns a user's password"];
  return typeof Reflect.get(instance, users) === 'function' ? [] : [`users is '${users}', but there is no such method`];
}
