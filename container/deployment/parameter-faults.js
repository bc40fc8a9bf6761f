// @ts-check
// Constructor parameters that nothing can be injected for, since their types are gone at run time: RULES.md section 1.

import { uncalled } from './decorator-faults.js';

/** @typedef {import('./syntax-tree.js').Node} Node */
/** @typedef {import('./author-source.js').AuthorSource} AuthorSource */
/** @typedef {import('./decorator-faults.js').Decorator} Decorator */

/** The injector makes these itself; any other class may be made by its application, and bound as an object. */
const INJECTED = new Set(['Siplet', 'ApplicationRouter']);
const TOKEN = "write '@inject(TOKEN)' before it and bind the token in a ContainerModule that the entry module exports";

/**
 * @param {AuthorSource} source
 * @param {Node} type
 * @param {readonly Decorator[]} decorators
 */
export function parameterFaults(source, type, decorators) {
  if (!decorators.some(({ name }) => INJECTED.has(name))) return;
  const constructor_ = type.body.body.find(
    (/** @type {Node} */ each) => each.kind === 'constructor' && each.value.body,
  );
  const name = type.id?.name ?? 'a class';
  for (const parameter of constructor_?.value.params ?? []) parameterFault(source, name, parameter);
}

/**
 * @param {AuthorSource} source
 * @param {string} type
 * @param {Node} parameter
 */
function parameterFault(source, type, parameter) {
  const decorated = [...(parameter.decorators ?? []), ...(parameter.parameter?.decorators ?? [])];
  for (const each of decorated) {
    const known = source.decorator(each);
    if (known) uncalled(source, known);
  }
  const inner = parameter.parameter ?? parameter;
  // With a decorator it says itself what it gets; with a default it needs nothing.
  if (decorated.length > 0 || inner.type !== 'Identifier' || inner.optional) return;
  const wrong = faultOf(source, inner.typeAnnotation?.typeAnnotation);
  if (wrong) source.fault(parameter, `${type}: the parameter '${inner.name}' of the constructor ${wrong}`);
}

/**
 * @param {AuthorSource} source
 * @param {Node | undefined} type
 */
function faultOf(source, type) {
  // In JavaScript there are no types to inject by.
  if (type === undefined) return `has no type to inject by: ${TOKEN}`;
  if (type.type !== 'TSTypeReference')
    return `has a type that is not a class, so nothing can be injected by it: ${TOKEN}`;
  if (type.typeName.type !== 'Identifier') return undefined;
  const name = type.typeName.name;
  const own = source.types.get(name);
  if (own !== undefined)
    return `has the type ${name}, which is ${own} and gone at run time: ${TOKEN}, or make it an abstract class`;
  const imported = source.imports.get(name);
  if (imported?.isType) {
    const isShared = source.shared[imported.module]?.includes(imported.name) !== false;
    return isShared
      ? `has the type ${name}, which is imported as a type: write 'import { ${name} }' without 'type'`
      : gone(name, imported.module);
  }
  const names = imported && source.shared[imported.module];
  return names && imported.name !== '*' && !names.includes(imported.name) ? gone(name, imported.module) : undefined;
}

/**
 * @param {string} name
 * @param {string} module
 */
function gone(name, module) {
  return `has the type ${name}, which is an interface of ${module} and cannot be injected: inject SipFactory, Sessions, Logger, Metrics or Authentication, or take it from the message`;
}
