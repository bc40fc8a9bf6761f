// A request as stateless siplets (RULES.md section 6) and session keys (C-42) see it: it can be neither changed nor
// answered.
import type * as sdk from '@siplet/sdk';
import { Address, IllegalStateError, parseUri } from '@siplet/sdk';
import { type Request, textOf, type Uri } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { MessageView } from './message-view.js';
import { parameterText } from './values.js';

export class ReadonlySipRequest extends MessageView<Request> implements sdk.ReadonlySipRequest {
  constructor(
    message: Request,
    flow: Flow | undefined,
    readonly route: Uri | undefined,
  ) {
    super(message, flow);
  }

  get method(): string {
    return this.message.method;
  }

  get uri(): sdk.Uri {
    return parseUri(textOf(this.message.uri));
  }

  get maxForwards(): number {
    return this.message.maxForwards ?? 70;
  }

  get poppedRoute(): Address | undefined {
    return this.route === undefined ? undefined : new Address(parseUri(textOf(this.route.text)));
  }

  parameter(name: string): string | true | undefined {
    return parameterText((this.route ?? this.message.target).parameters, name);
  }

  protected assertOpen(): void {
    throw new IllegalStateError(`the ${this.method} ${this.callId} can only be read here`);
  }
}
