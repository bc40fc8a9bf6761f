// ACKs that belong to no transaction of ours: to a 2xx, in a dialog (§13.2.2.4, C-10c).
import { Leg } from '../agent/leg.js';
import type { Request } from '../message/index.js';
import type { RouteCookie } from '../proxy/route-cookie.js';
import { preprocessRoute } from '../proxy/route-preprocessing.js';
import { forwardStatelessly } from '../proxy/stateless-forwarding.js';
import { validate } from '../proxy/validation.js';
import { SipRequest } from '../servlet/sip-request.js';
import type { SipSession } from '../session/sip-session.js';
import type { Flow } from '../transport/flow.js';
import { takenBy } from '../transport/internal-flow.js';
import type { DispatchServices } from './services.js';

export class Acknowledgements {
  constructor(private readonly services: DispatchServices) {}

  receive(ack: Request, flow: Flow): void {
    const { services } = this;
    if (validate(ack) !== undefined && ack.maxForwards === 0) return;
    const route = preprocessRoute(ack, services.own, flow);
    const cookie =
      route === undefined ? undefined : services.routeCookies.read(route, ack.callId, services.proxiedDialogs);
    const session = services.proxiedDialogs.match(cookie, ack);
    if (session !== undefined) {
      this.#pass(ack, session, cookie, flow);
      return;
    }
    const agent = services.userAgents.find(ack.callId, ack.to.tag, ack.from.tag);
    if (agent !== undefined) this.#toUserAgent(ack, agent, route?.parameters, flow);
    // without a Route it is for no one here
    else if (route !== undefined) forwardStatelessly(ack, services.proxy, flow);
  }

  /** In a proxied dialog: to its handler, then downstream. */
  #pass(ack: Request, session: SipSession, cookie: RouteCookie | undefined, flow: Flow): void {
    const { applicationSession } = session;
    const { application } = applicationSession;
    const handler = application.table.subsequent('ACK');
    takenBy(flow, application.name);
    session.touch();
    session.asked(ack, flow);
    const sender = session.senderOf(ack);
    // To a 2xx of the application's own: its recipient knows nothing of the INVITE.
    const isForUs = sender?.answeredInvite === ack.cseq.number;
    if (isForUs && sender?.successes?.acknowledge(ack) !== true) return;
    if (handler === undefined) {
      if (!isForUs) this.#forward(ack, session, flow);
      return;
    }
    applicationSession.mailbox.post({
      isWaitedFor: true,
      handler: () => handler,
      argument: () => new SipRequest(ack, session, false, cookie?.parameters ?? '', flow, undefined),
      settled: (error) => {
        if (error !== undefined) this.services.invocation.failed(handler.label, application, error, ack);
        if (!isForUs) this.#forward(ack, session, flow);
      },
    });
  }

  #forward(ack: Request, session: SipSession, flow: Flow): void {
    forwardStatelessly(ack, this.services.proxy, flow, session.heardOn(ack));
    session.acknowledged();
  }

  /** §13.3.1.4: the handler is called once, however often the ACK arrives. */
  #toUserAgent(ack: Request, session: SipSession, routeParameters: string | undefined, flow: Flow): void {
    const leg = Leg.of(session, this.services.agent);
    if (!leg.acknowledges(ack)) return;
    session.asked(ack, flow);
    const { applicationSession } = session;
    const { application } = applicationSession;
    const servlet = new SipRequest(ack, session, false, routeParameters, flow, undefined);
    session.touch();
    const awaited = leg.takeExpected('ACK');
    awaited?.give(servlet);
    const handler = awaited === undefined ? application.table.subsequent('ACK') : undefined;
    applicationSession.mailbox.post({
      isWaitedFor: true,
      handler: () => handler,
      argument: () => servlet,
      settled: (error, called) => {
        if (error !== undefined && called !== undefined)
          this.services.invocation.failed(called.label, application, error, ack);
        leg.user?.acknowledged(ack);
      },
    });
  }
}
