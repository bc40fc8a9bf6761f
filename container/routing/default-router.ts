// Which application gets an initial request (contract section 5): the configured order by method, else every application, alphabetically.
import type { DeployedApplication } from '../deployment/application.js';
import type { Handler } from '../dispatch/handler-table.js';
import type { StatelessRoute } from '../proxy/stateless.js';
import { statelessRoute } from './stateless-route.js';

/** What takes initial requests, in alphabetical order; a new list after every change. */
export interface ActiveApplications {
  readonly active: readonly DeployedApplication[];
}

/** An application that has a handler for a request. */
export interface Destination {
  readonly application: DeployedApplication;
  readonly handler: Handler;
  /** Of a stateless siplet: its routing function (contract section 6). */
  readonly route: StatelessRoute | undefined;
}

const NONE: readonly string[] = [];

export class DefaultRouter {
  readonly #applications: ActiveApplications;
  /** Names in order for a method, or '*'. */
  #order: ReadonlyMap<string, readonly string[]>;
  /** Answers for the list of applications that they were worked out from. */
  #known: readonly DeployedApplication[] = [];
  readonly #destinations = new Map<string, Destination | undefined>();

  constructor(applications: ActiveApplications, order: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#applications = applications;
    this.#order = order;
  }

  /** Another order, for requests from now on. */
  reorder(order: ReadonlyMap<string, readonly string[]>): void {
    this.#order = order;
    this.#destinations.clear();
  }

  /**
   * The first application in order that has a handler for the method and has not had the request (composition); one without is passed over.
   * `visited` names those that have.
   */
  route(method: string, visited: readonly string[] = NONE): Destination | undefined {
    const { active } = this.#applications;
    if (visited.length > 0) return this.#find(method, visited);
    if (active !== this.#known) {
      this.#known = active;
      this.#destinations.clear();
    }
    // Bounded: methods come from the wire.
    if (this.#destinations.size > 64) this.#destinations.clear();
    if (!this.#destinations.has(method)) this.#destinations.set(method, this.#find(method, NONE));
    return this.#destinations.get(method);
  }

  #find(method: string, visited: readonly string[]): Destination | undefined {
    for (const application of this.#inOrder(method)) {
      if (visited.includes(application.name)) continue;
      const { table } = application;
      const handler = table.initial(method) ?? table.stateless;
      if (handler === undefined) continue;
      return {
        application,
        handler,
        route: handler === table.stateless ? statelessRoute(application, handler) : undefined,
      };
    }
    return undefined;
  }

  #inOrder(method: string): readonly DeployedApplication[] {
    const { active } = this.#applications;
    const names = this.#order.get(method) ?? this.#order.get('*');
    if (names === undefined) return active;
    return names.flatMap((name) => active.filter((application) => application.name === name));
  }

  /** The methods that some application takes initially: for the Allow of a 405. Empty when there is no application. */
  get methods(): readonly string[] {
    const methods = new Set<string>();
    for (const { table } of this.#applications.active) {
      if (table.initialMethods !== 'any') for (const method of table.initialMethods) methods.add(method);
    }
    return [...methods].sort();
  }
}
