// Faults in the decorators of an application, found before its methods are compared: RULES.md section 2.
import {
  declarationOf,
  type HandlerDeclaration,
  handlersOf,
  type SipletClass,
  type SipletOptions,
} from '@siplet/sdk/declarations';
import { nearest } from '../base/nearest.js';
import { authenticationFaults } from './authentication-faults.js';
import type { SipletEntry } from './handler.js';

/** The methods of RFC 3261 and its extensions, to recognise them in other letter cases. */
const METHODS: ReadonlySet<string> = new Set(
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE'.split(' '),
);

/** Returns one sentence for each fault, naming class and method. */
export function faultsOf(siplets: readonly SipletEntry[]): string[] {
  return [...siplets.flatMap(faultsOfSiplet), ...faultsBetween(siplets)];
}

function faultsOfSiplet(entry: SipletEntry): string[] {
  const { siplet, type } = entry;
  const name = siplet.className;
  const handlers = handlersOf(type);
  const faults: string[] = [];
  if (declarationOf(type) === undefined && handlers.length > 0) {
    faults.push(`${name} has decorated methods but is not decorated with @Siplet(): write '@Siplet()' above the class`);
  }
  if (handlers.length === 0) {
    faults.push(
      `${name} is a siplet, but none of its methods is decorated: it would never be called; write '@Invite()' or another decorator above a method`,
    );
  }
  for (const handler of handlers) {
    const where = `${name}.${String(handler.property)} (${handler.decorator})`;
    faults.push(...placeFaults(handler, where, siplet.instance, type), ...argumentFaults(handler, where));
  }
  faults.push(...optionFaults(name, type));
  faults.push(...statelessFaults(name, siplet.options.stateless, handlers), ...authenticationFaults(entry));
  return faults;
}

const OPTIONS: Readonly<Record<keyof SipletOptions, string>> = {
  name: 'string',
  config: 'object',
  supervised: 'boolean',
  stateless: 'boolean',
  sessionTimeout: 'duration',
  proxyTimeout: 'duration',
  sessionTimer: 'duration',
};

/** Checks all options except durations, which are checked where they are read. */
function optionFaults(className: string, type: SipletClass): string[] {
  return Object.entries(declarationOf(type)?.options ?? {}).flatMap(([key, value]) => {
    const where = `${className} (@Siplet()): the option '${key}'`;
    if (!Object.hasOwn(OPTIONS, key)) {
      const instead = nearest(key, Object.keys(OPTIONS)) || `: there are ${Object.keys(OPTIONS).join(', ')}`;
      return [`${where} does not exist${instead}`];
    }
    const wanted = OPTIONS[key as keyof SipletOptions];
    // Some schemas are functions.
    const isRight = value === undefined || wanted === 'duration' || wanted === 'object' || typeof value === wanted;
    return isRight ? [] : [`${where} is ${JSON.stringify(value)}: write a ${wanted}`];
  });
}

function placeFaults(handler: HandlerDeclaration, where: string, instance: object, type: SipletClass): string[] {
  if (handler.kind === 'sessionKey') {
    if (!handler.isStatic)
      return [
        `${where}: a session key is needed before there is a session, so the method must be static: write 'static ${String(handler.property)}'`,
      ];
    return typeof Reflect.get(type, handler.property) === 'function'
      ? []
      : [`${where}: there is no such static method`];
  }
  if (handler.isStatic)
    return [`${where}: the method is static; messages go to methods of the instance: remove 'static'`];
  if (typeof Reflect.get(instance, handler.property) !== 'function')
    return [`${where}: there is no such method: write '${String(handler.property)}(request) { … }'`];
  return [];
}

function argumentFaults(handler: HandlerDeclaration, where: string): string[] {
  const faults = [...handler.methods.flatMap(methodFaults), ...statusFaults(handler)];
  if (handler.when !== undefined && typeof handler.when !== 'function')
    faults.push('`when` is not a function: write { when: (request) => … }');
  return faults.map((fault) => `${where}: ${fault}`);
}

function methodFaults(method: string): string[] {
  if (METHODS.has(method)) return [];
  if (!isToken(method)) return [`${JSON.stringify(method)} is not a SIP method name`];
  const upper = method.toUpperCase();
  if (METHODS.has(upper)) {
    return [`'${method}' is not a SIP method; method names are case-sensitive: write '${upper}'`];
  }
  if (method === upper) return [];
  return [
    `'${method}' is an unknown SIP method with lower-case letters; method names are case-sensitive: write '${upper}'`,
  ];
}

function statusFaults({ kind, statuses = [] }: HandlerDeclaration): string[] {
  const faults: string[] = [];
  const [first = 0, last = first] = statuses;
  if (kind === 'status' && statuses.length === 0) faults.push('names no status');
  if (statuses.length > 2) faults.push('a range has a first and a last status; stack decorators for several');
  else if (first > last) faults.push('the range ends before it begins');
  for (const status of statuses) {
    if (status === 100) faults.push('an application never sees 100 Trying');
    else if (!Number.isInteger(status) || status < 101 || status > 699) {
      faults.push(`${status} is not a response status`);
    }
  }
  return faults;
}

function statelessFaults(name: string, stateless: boolean, handlers: readonly HandlerDeclaration[]): string[] {
  const routes = handlers.filter(({ kind }) => kind === 'stateless');
  const others = handlers.filter(({ kind }) => kind !== 'stateless');
  const list = (some: readonly HandlerDeclaration[]) =>
    some.map((each) => `${name}.${String(each.property)} (${each.decorator})`).join(', ');
  if (!stateless) {
    return routes.length > 0
      ? [`${list(routes)}: @StatelessRoute() makes a siplet stateless: leave out stateless: false`]
      : [];
  }
  const faults: string[] = [];
  const properties = new Set(routes.map(({ property }) => property));
  if (handlers.length > 0 && properties.size === 0)
    faults.push(`${name} is stateless, but none of its methods is decorated with @StatelessRoute()`);
  if (properties.size > 1) faults.push(`${name} is stateless and has more than one routing function: ${list(routes)}`);
  if (others.length > 0)
    faults.push(`${name} is stateless, so only its @StatelessRoute() would ever be called: ${list(others)}`);
  return faults;
}

function faultsBetween(siplets: readonly SipletEntry[]): string[] {
  const faults: string[] = [];
  const names = new Map<string, SipletEntry>();
  for (const each of siplets) {
    const first = names.get(each.siplet.name);
    if (first)
      faults.push(`${first.siplet.className} and ${each.siplet.className} are both named '${each.siplet.name}'`);
    else names.set(each.siplet.name, each);
  }
  const stateless = siplets.find(({ siplet }) => siplet.options.stateless);
  const other = siplets.find((each) => each !== stateless);
  if (stateless && other) {
    faults.push(
      `${stateless.siplet.className} is stateless and takes every request of the application, so ${other.siplet.className} would never be called: make it an application of its own`,
    );
  }
  const keys = siplets.flatMap(({ siplet, type }) =>
    handlersOf(type)
      .filter(({ kind }) => kind === 'sessionKey')
      .map(({ property }) => `${siplet.className}.${String(property)}`),
  );
  if (new Set(keys).size > 1)
    faults.push(`${keys.join(' and ')} are both decorated with @SessionKey(): an application has one`);
  return faults;
}

/** §25.1 token. */
function isToken(text: unknown): boolean {
  return typeof text === 'string' && /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text);
}
