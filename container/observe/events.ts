// What operators are told as it happens: deployments, calls, problems. Nobody listening, it costs nothing.

export type EventKind = 'deployment' | 'call' | 'problem';

export interface OperatorEvent {
  /** Counts up. */
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

  /** `data` becomes JSON. */
  tell(kind: EventKind, data: object): void {
    if (this.#listeners.size === 0) return;
    const event = { id: ++this.#id, kind, data };
    for (const listener of this.#listeners) listener(event);
  }

  /** Gives back what ends it. */
  listen(listener: (event: OperatorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
