// The events for operators: deployments, calls, problems. They cost nothing while nobody listens.

export type EventKind = 'deployment' | 'call' | 'problem';

export interface OperatorEvent {
  /** A running number. */
  readonly id: number;
  readonly kind: EventKind;
  readonly data: object;
}

export class Events {
  readonly #listeners = new Set<(event: OperatorEvent) => void>();
  #id = 0;

  get listeners(): number {
    return this.#listeners.size;
  }

  /** `data` is sent as JSON. */
  tell(kind: EventKind, data: object): void {
    if (this.#listeners.size === 0) return;
    const event = { id: ++this.#id, kind, data };
    for (const listener of this.#listeners) listener(event);
  }

  /** Returns a function that stops listening. */
  listen(listener: (event: OperatorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
