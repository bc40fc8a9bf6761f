// Questions, answers and notifications between the main thread and an engine's thread: each side has an object of
// functions, which the other side calls by name.
import { DeploymentError } from '@siplet/sdk';

/** What one side does when the other asks or tells it. */
// biome-ignore lint/suspicious/noExplicitAny: bodies are typed where they are sent
export type Duties = { [kind: string]: (body: any) => unknown };

/** A MessagePort, a Worker, or a test's replacement. */
export interface Link {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

type Body<F> = F extends (body: infer B) => unknown ? B : never;
type Answer<F> = F extends (body: never) => infer R ? Awaited<R> : never;

type Message =
  | { readonly ask: number; readonly kind: string; readonly body: unknown }
  | { readonly tell: string; readonly body: unknown }
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly fault: Fault };

interface Fault {
  readonly message: string;
  readonly stack: string | undefined;
  /** Whether the application is at fault, not the container. */
  readonly isDeployment: boolean;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Port<Others extends Duties> {
  readonly #link: Link;
  readonly #duties: Duties;
  readonly #failed: (error: unknown) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended: Error | undefined;

  /** `woken` is called for a bare number. `failed` receives the error of a function whose answer is not awaited. */
  constructor(link: Link, duties: Duties, failed: (error: unknown) => void, woken?: () => void) {
    this.#link = link;
    this.#duties = duties;
    this.#failed = failed;
    link.on('message', (message) => {
      if (typeof message === 'number') woken?.();
      else this.#receive(message as Message);
    });
  }

  /** Rejects with the error of the other side, or when that side has ended. */
  ask<K extends keyof Others & string>(kind: K, body: Body<Others[K]>): Promise<Answer<Others[K]>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const ask = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(ask, { resolve: resolve as (value: unknown) => void, reject });
      this.#link.postMessage({ ask, kind, body } satisfies Message);
    });
  }

  tell<K extends keyof Others & string>(kind: K, body: Body<Others[K]>): void {
    if (this.#ended === undefined) this.#link.postMessage({ tell: kind, body } satisfies Message);
  }

  /** The other side is gone: all pending questions are rejected. */
  end(error: Error): void {
    this.#ended = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #receive(message: Message): void {
    if ('answer' in message) {
      const waiting = this.#waiting.get(message.answer);
      this.#waiting.delete(message.answer);
      if ('fault' in message) waiting?.reject(revived(message.fault));
      else waiting?.resolve(message.value);
    } else if ('tell' in message) {
      try {
        this.#do(message.tell, message.body);
      } catch (error) {
        this.#failed(error);
      }
    } else void this.#answer(message.ask, message.kind, message.body);
  }

  #do(kind: string, body: unknown): unknown {
    const duty = this.#duties[kind];
    if (duty === undefined) throw new Error(`'${kind}' was requested, but this side does not offer it`);
    return duty(body);
  }

  async #answer(answer: number, kind: string, body: unknown): Promise<void> {
    try {
      const value = await this.#do(kind, body);
      this.#link.postMessage({ answer, value } satisfies Message);
    } catch (error) {
      this.#link.postMessage({ answer, fault: faultOf(error) } satisfies Message);
    }
  }
}

function faultOf(error: unknown): Fault {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stack, isDeployment: error instanceof DeploymentError };
}

function revived({ message, stack, isDeployment }: Fault): Error {
  const error = isDeployment ? new DeploymentError(message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
