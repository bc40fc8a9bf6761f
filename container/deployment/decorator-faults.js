// @ts-check
// Decorators where they cannot work, as the source shows them: RULES.md section 2. What can be told of the class at run
// time is in ../application/declaration-faults.ts.
import { nameOf } from './syntax-tree.js';

/** @typedef {import('./syntax-tree.js').Node} Node */
/** @typedef {import('./author-source.js').AuthorSource} AuthorSource */

/** One use of a decorator from a module that the container hands out. */
export class Decorator {
  /**
   * @param {Node} node
   * @param {string} name As it is exported.
   * @param {string} module
   * @param {boolean} isCalled
   */
  constructor(node, name, module, isCalled) {
    this.node = node;
    this.name = name;
    this.module = module;
    this.isCalled = isCalled;
  }
}

const OF_CLASSES = new Set(['Siplet', 'ApplicationRouter', 'Injectable']);
/** Decorators of the SDK for methods which take no message. */
const OF_OTHERS = new Set(['PostConstruct', 'PreDestroy', 'Config', 'Authenticated']);
const SYNCHRONOUS = new Set(['StatelessRoute', 'SessionKey']);

/**
 * @param {AuthorSource} source
 * @param {Node} type
 * @param {readonly Decorator[]} decorators
 * @param {readonly { member: Node, decorators: readonly Decorator[] }[]} members
 */
export function decoratorFaults(source, type, decorators, members) {
  const name = type.id?.name ?? 'a class';
  const siplets = decorators.filter((each) => isOurs(each) && each.name === 'Siplet');
  for (const each of decorators) {
    uncalled(source, each);
    if (isOurs(each) && !OF_CLASSES.has(each.name) && isKnown(source, each))
      source.fault(
        each.node,
        `@${each.name}() stands on the class ${name}, and is for methods: put it above one, and @Siplet() above the class`,
      );
  }
  if (siplets[1]) source.fault(siplets[1].node, `${name} is decorated with @Siplet() twice: remove one of them`);
  if (siplets[0] && type.abstract)
    source.fault(
      siplets[0].node,
      `${name} is abstract, so that no instance of it can be made: decorate the class that extends it, or remove 'abstract'`,
    );
  for (const { member, decorators: own } of members) for (const each of own) memberFaults(source, name, member, each);
}

/**
 * @param {AuthorSource} source
 * @param {string} type
 * @param {Node} member
 * @param {Decorator} decorator
 */
function memberFaults(source, type, member, decorator) {
  uncalled(source, decorator);
  if (!isOurs(decorator) || !isKnown(source, decorator)) return;
  const label = `${type}.${nameOf(member.key)} (@${decorator.name}())`;
  const wrong = placeFault(member, decorator) ?? kindFault(member, decorator);
  if (wrong !== undefined) source.fault(decorator.node, `${label}: ${wrong}`);
}

/**
 * @param {Node} member
 * @param {Decorator} decorator
 */
function placeFault(member, { name }) {
  if (OF_CLASSES.has(name)) return 'it stands on a method, and is for classes: put it above the class';
  if (member.kind === 'constructor') return 'a constructor takes no messages: put it above a method';
  if (member.key.type === 'PrivateIdentifier')
    return `nobody outside of the class can call a method with a '#' name: write 'private ${member.key.name}' or '${member.key.name}'`;
  if (member.kind === 'get' || member.kind === 'set' || member.type === 'AccessorProperty')
    return `it is an accessor, and messages are given to methods: write '${nameOf(member.key)}(request)'`;
  return undefined;
}

/**
 * @param {Node} member
 * @param {Decorator} decorator
 */
function kindFault(member, { name }) {
  const method = member.value;
  if (!method || !/Function/.test(method.type)) return undefined;
  if (SYNCHRONOUS.has(name) && method.async) return "it must give its answer at once: remove 'async'";
  if (OF_OTHERS.has(name)) return undefined;
  const required = method.params.filter((/** @type {Node} */ each) => each.type === 'Identifier' && !each.optional);
  return required.length > 1
    ? `it takes ${required.length} arguments, and the container gives it one: the message, or what the decorator is for`
    : undefined;
}

/**
 * @param {AuthorSource} source
 * @param {Decorator} decorator
 */
export function uncalled(source, decorator) {
  const { node, name, isCalled } = decorator;
  if (!isCalled && isKnown(source, decorator))
    source.fault(node, `@${name} is written without parentheses: write @${name}()`);
}

/** @param {Decorator} decorator */
function isOurs({ module }) {
  return module === '@siplet/sdk';
}

/**
 * Any other name is told as such.
 * @param {AuthorSource} source
 * @param {Decorator} decorator
 */
function isKnown(source, { module, name }) {
  return source.shared[module]?.includes(name) === true;
}
