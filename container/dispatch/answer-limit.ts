// The time that an application has to answer a request that its handler has taken (C-41a): an operator is warned, then
// the container answers 500.
import type { Deadline, Timed } from '../base/clock.js';
import type { Request } from '../message/index.js';
import type { DispatchServices } from './services.js';

/** A request that waits for its response. */
interface Awaiting {
  readonly services: DispatchServices;
  readonly request: Request;
  readonly application: { readonly name: string };
  /** The label of the handler that has taken it. */
  readonly takenBy: string | undefined;
  /** It has been answered, or the response is on its way. */
  readonly isDealtWith: boolean;
  /** The application is still at work: it waits for another leg. */
  readonly isB2bua: boolean;
  /** Answers in place of the application. */
  answerAs(status: number): void;
}

export class AnswerLimit implements Timed {
  #deadline: Deadline | undefined;

  constructor(private readonly awaiting: Awaiting) {}

  start(): void {
    const { clock, settings } = this.awaiting.services;
    this.#deadline = clock.start(settings.answerWarning, this, 'warning');
  }

  stop(): void {
    this.#deadline?.stop();
  }

  expire(which: string): void {
    const { awaiting } = this;
    if (awaiting.isDealtWith) return;
    if (which !== 'warning') {
      awaiting.answerAs(500);
      return;
    }
    if (!awaiting.isB2bua) this.warn();
    const { clock, settings } = awaiting.services;
    this.#deadline = clock.start(Math.max(0, settings.answerTimeout - settings.answerWarning), this, 'unanswered');
  }

  private warn(): void {
    const { services, application, request, takenBy: handler } = this.awaiting;
    const { method, callId } = request;
    services.log.warn(
      { app: application.name, handler, method, callId },
      `${handler} has taken a request and neither answered nor proxied it`,
    );
  }
}
