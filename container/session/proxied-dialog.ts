// The two ends of a dialog on whose path the container stays, as they are by now (§12, §16.6 step 4). That is enough to
// send each of them a BYE in the other's name (JSR 289 SipSession).
import type { Deadline } from '../base/clock.js';
import { Party, type Request, type Response, Uri } from '../message/index.js';
import { cookieOf } from '../proxy/route-cookie.js';
import { DialogEnd, numberAfter } from './dialog-end.js';

/** The identification of the dialog on the wire. */
interface Identity {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly name: string | undefined;
}

/** The subscriptions in it, by event (RFC 6665 §4.5.1); times in seconds. */
export interface ProxiedUsages {
  readonly size: number;
  begin(key: string, seconds: number | undefined): void;
  refresh(key: string, seconds: number | undefined): void;
  end(key: string): void;
  stop(): void;
}

/** CSeq numbers of the requests of each end. */
export interface Numbers {
  readonly caller: number;
  readonly callee: number;
}

export class ProxiedDialog {
  /** Undefined in the dialog of a call. */
  usages: ProxiedUsages | undefined;
  /** The end of a session that is not refreshed (RFC 4028 §8.3). */
  expiry: Deadline | undefined;

  private constructor(
    readonly caller: DialogEnd,
    readonly callee: DialogEnd,
  ) {}

  /**
   * From the request that makes it, and the first response with the tag of the callee, both as received. It may have
   * been an early dialog that has failed: no number of those is used again (§12.2.1.1).
   */
  static of(request: Request, response: Response, former: Numbers | undefined): ProxiedDialog {
    const dialog = new ProxiedDialog(DialogEnd.ofSender(request), DialogEnd.ofRecipient(request, response));
    if (former !== undefined) {
      const { caller, callee } = dialog.numbersWith(former);
      dialog.caller.sequence = caller;
      if (callee > 0) dialog.callee.sequence = callee;
    }
    return dialog;
  }

  /** The highest CSeq numbers in it, and those of others. */
  numbersWith(others: Numbers | undefined): Numbers {
    return {
      caller: Math.max(this.caller.sequence ?? 0, others?.caller ?? 0),
      callee: Math.max(this.callee.sequence ?? 0, others?.callee ?? 0),
    };
  }

  /**
   * RFC 6665 §4.4.1: from a NOTIFY. The caller is known by its request while that is proxied, and by the dialog of
   * another fork afterwards.
   */
  static ofNotified(
    request: Request | undefined,
    other: ProxiedDialog | undefined,
    notify: Request,
  ): ProxiedDialog | undefined {
    const caller = other?.caller.copy() ?? (request === undefined ? undefined : DialogEnd.ofSender(request));
    return caller === undefined ? undefined : new ProxiedDialog(caller, DialogEnd.ofSender(notify));
  }

  /** The dialog has ended: nothing is sent again in it. */
  stop(): void {
    this.usages?.stop();
    this.expiry?.stop();
    this.caller.successes?.stop();
    this.callee.successes?.stop();
  }

  /**
   * A request in it has been accepted, by a 2xx or a reliable 1xx: both ends have given their present addresses
   * (§12.2.1.2, §12.2.2, RFC 6141 §4). A refusal changes nothing.
   */
  accepted(request: Request, response: Response, from: DialogEnd): void {
    from.refresh(request);
    (from === this.caller ? this.callee : this.caller).refresh(response);
  }

  /** §12.2.1.1, as the other end would send it. */
  bye(to: DialogEnd, set: Identity, calleeTag: string | undefined): Request {
    const { caller, callee } = this;
    const { callId } = set;
    const calleeName = `${set.to};tag=${calleeTag}`;
    if (to === caller) {
      callee.sequence = numberAfter(callee.sequence ?? 0);
      return caller.request('BYE', callee.sequence, { callId, from: calleeName, to: set.from });
    }
    caller.sequence = numberAfter(caller.sequence ?? 0);
    const names = { callId, from: set.from, to: calleeName };
    return callee.request('BYE', caller.sequence, names, beyondOurs(callee.routes, set.name));
  }
}

/** The routes from us to the callee: the values that elements between us and the callee have added above ours. */
function beyondOurs(routes: readonly string[], name: string | undefined): readonly string[] {
  for (let at = routes.length; at > 0; at--) {
    const uri = Uri.parse(Party.parse(routes[at - 1] ?? '')?.uri ?? '');
    if (uri !== undefined && cookieOf(uri)?.startsWith(`${name}.`)) return routes.slice(at);
  }
  return routes;
}
