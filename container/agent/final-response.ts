// The final response to a request of ours, for the parts of the container that wait for it; it may be the container's
// own.
import type { ReceivedResponse } from '../servlet/received-response.js';

export class FinalResponse {
  #response: ReceivedResponse | undefined;
  #waiting: ((response: ReceivedResponse) => void)[] | undefined;

  give(response: ReceivedResponse): void {
    this.#response = response;
    for (const then of this.#waiting ?? []) then(response);
    this.#waiting = undefined;
  }

  whenGiven(): Promise<ReceivedResponse> {
    if (this.#response !== undefined) return Promise.resolve(this.#response);
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }
}
