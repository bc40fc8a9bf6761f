// What an application offers: the classes and modules that its entry module exports. RULES.md section 1.
import { DeploymentError } from '@siplet/sdk';
import { declarationOf, handlersOf, isApplicationRouter, type SipletClass } from '@siplet/sdk/declarations';
import { ContainerModule } from 'inversify';

export const NO_SIPLET = 'its entry module exports no class that is decorated with @Siplet()';

interface Exported {
  readonly siplets: readonly SipletClass[];
  readonly routers: readonly SipletClass[];
  readonly modules: readonly ContainerModule[];
}

/** The classes and modules that an entry module exports, by name, as default, or inside its default. */
export function exportedOf(exports: unknown): Exported {
  const values = exportedValues(exports);
  const classes = [...values].filter(isClass);
  const routers = classes.filter(isApplicationRouter);
  // A class with decorated methods that is not a siplet is taken too: the table says what is wrong with it,
  // unless it is somebody's base class.
  const siplets = classes.filter(
    (type) => declarationOf(type) !== undefined || (handlersOf(type).length > 0 && !isBaseOfAny(type, classes)),
  );
  if (siplets.length === 0 && routers.length === 0) {
    throw new DeploymentError(NO_SIPLET);
  }
  if (routers.length > 1) {
    const names = routers.map(({ name }) => name).join(' and ');
    throw new DeploymentError(`${names} are both decorated with @ApplicationRouter(): an application has one`);
  }
  return { siplets, routers, modules: [...values].filter((value) => value instanceof ContainerModule) };
}

/** The exports of the module, and the values inside them. */
function exportedValues(exports: unknown): ReadonlySet<unknown> {
  const values = new Set<unknown>([exports]);
  for (const value of valuesOf(exports)) {
    values.add(value);
    if (!(value instanceof ContainerModule)) for (const inner of valuesOf(value)) values.add(inner);
  }
  return values;
}

/** Any function passes: one that is not a class carries no decorators. */
function isClass(value: unknown): value is SipletClass {
  return typeof value === 'function';
}

/** Own enumerable values of a plain object, of an array or of a module; nothing for the rest. */
function valuesOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value);
}

function isBaseOfAny(type: SipletClass, classes: readonly SipletClass[]): boolean {
  return classes.some((other) => other.prototype instanceof type);
}
