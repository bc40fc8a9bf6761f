// The state of one leg of a call, as its messages show it, and what the states of all legs say of the call.

export type CallState = 'trying' | 'ringing' | 'established' | 'left' | 'ended' | 'failed';

/** What has one Call-ID. */
export class CallLeg {
  /** That of the request that began it; '' until there is one. */
  method = '';
  /** Whether we sent that request. */
  isOurs = false;
  /** Whether it went from one application to another. */
  isInside = false;
  state: CallState = 'trying';
  /** The final response to that request; 0 until there is one. */
  status = 0;

  constructor(readonly callId: string) {}

  begin(method: string, isOurs: boolean, isInside: boolean): void {
    this.method = method;
    this.isOurs = isOurs;
    this.isInside = isInside;
  }

  /** Updates the state, as the first dialog of the leg shows it. */
  follow(method: string, status: number, isSent: boolean): void {
    if (method === this.method) this.#followBegin(status, isSent);
    else if (method === 'BYE' && status >= 200 && (this.state === 'established' || this.state === 'left'))
      this.state = 'ended';
  }

  /** Handles a request of the method that began the leg, or a response to one. */
  #followBegin(status: number, isSent: boolean): void {
    const isSameSide = isSent === this.isOurs;
    if (status === 0) {
      // The request is repeated with credentials (§22.2).
      if (isSameSide && this.state === 'failed') this.state = 'trying';
      return;
    }
    if (isSameSide || this.state === 'ended' || this.state === 'established') return;
    if (this.state === 'left' && this.status !== 0) return;
    if (status >= 300) this.state = 'failed';
    else if (status >= 200) this.state = this.method === 'INVITE' ? 'established' : 'ended';
    else if (status > 100) this.state = 'ringing';
    if (status >= 200) this.status = status;
  }
}

/** Whether the container has nothing more to do with it. */
export function isOver(state: CallState): boolean {
  return state === 'ended' || state === 'failed' || state === 'left';
}

/** The leg that stands for the call: the first, or where the first call of our own failed, the next that did not. */
export function leadOf(legs: readonly CallLeg[]): CallLeg | undefined {
  const [first] = legs;
  if (first?.isOurs !== true || first.state !== 'failed') return first;
  return legs.find(({ method, state }) => method !== '' && state !== 'failed') ?? first;
}

/** That of its leading leg; but while any other leg is established after that one, the call goes on. */
export function stateOf(legs: readonly CallLeg[]): CallState {
  const state = leadOf(legs)?.state ?? 'trying';
  return isOver(state) && legs.some((leg) => leg.state === 'established') ? 'established' : state;
}
