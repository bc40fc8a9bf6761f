// The making of method decorators: each records itself on the class. Only the compiler checks the type of the method.

import { declareHandler, type HandlerDeclaration, type HandlerKind } from '../declarations.js';

/** A method that takes a `T`, or nothing, and may return a promise. The container ignores what it returns. */
export type Handler<T> = (argument: T) => unknown;

/** A decorator for methods of type `H`. On any other method it is a compile error. */
export type HandlerDecorator<H> = <M extends H>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/** The decorator that records a handler. */
export function noting<H>(
  decorator: string,
  kind: HandlerKind,
  methods: readonly string[] = [],
  more: Pick<HandlerDeclaration, 'statuses' | 'timer' | 'when'> = {},
): HandlerDecorator<H> {
  return (target, property) => declareHandler(target, property, { decorator, kind, methods: [...methods], ...more });
}

/** A decorator as its author wrote it: @Initial('INVITE', { when }). */
export function written(name: string, args: readonly string[] = [], options?: { readonly when?: unknown }): string {
  const texts = args.map((argument) => `'${argument}'`);
  if (options?.when !== undefined) texts.push('{ when }');
  return `@${name}(${texts.join(', ')})`;
}
