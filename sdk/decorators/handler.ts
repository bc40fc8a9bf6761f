// How method decorators are made: each notes itself on the class and checks the method's type at compile time only.

import { declareHandler, type HandlerDeclaration, type HandlerKind } from '../declarations.js';

/** A method that takes a `T`, or nothing, and may return a promise. What it returns is of no interest. */
export type Handler<T> = (argument: T) => unknown;

/** A decorator for methods of type `H`: on any other method it is a compile error. */
export type HandlerDecorator<H> = <M extends H>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/** The decorator that notes a handler. */
export function noting<H>(
  decorator: string,
  kind: HandlerKind,
  methods: readonly string[] = [],
  more: Pick<HandlerDeclaration, 'statuses' | 'timer'> = {},
): HandlerDecorator<H> {
  return (target, property) => declareHandler(target, property, { decorator, kind, methods: [...methods], ...more });
}

/** A decorator as its author wrote it: @Initial('INVITE', 'BYE'). */
export function written(name: string, args: readonly string[] = []): string {
  return `@${name}(${args.map((argument) => `'${argument}'`).join(', ')})`;
}
