// The container that the tests of one file share, with the phones around it.
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { present } from '../../../container/base/present.js';
import type { CallTrace } from '../../../container/observe/calls.js';
import { type RunningSiplet, runSiplet } from '../siplet.js';
import { baresip } from './baresip.js';
import { callsOf, callsWith, ladder, type Message, messagesOf, noSessionIsLeft, readByTshark } from './calls.js';
import { type Linphone, linphone } from './linphone.js';
import { type Phone, type Transport, until } from './phone.js';

export interface Way {
  /** What the application does with the call. */
  readonly how: 'proxy' | 'bridge';
  readonly transport: Transport;
}

export const WAYS: readonly Way[] = (['proxy', 'bridge'] as const).flatMap((how) =>
  (['udp', 'tcp'] as const).map((transport) => ({ how, transport })),
);

interface Seen {
  readonly calls: readonly CallTrace[];
  readonly messages: readonly Message[];
  readonly ladder: string;
}

export class Setting {
  #siplet: RunningSiplet | undefined;
  readonly #phones = new Map<TestContext, Phone[]>();

  /** `configure` gives the application's section, when the tests begin. */
  constructor(configure: () => Promise<string> | string = () => '{}') {
    beforeAll(async () => {
      const section = await configure();
      const configuration = `apps: { front: ${section} }\ntrace: { calls: 10000, messages: 1000 }`;
      this.#siplet = await runSiplet('test/peers/phones/apps', configuration, true);
    });
    afterAll(async () => void (await this.#siplet?.stop()));
  }

  get siplet(): RunningSiplet {
    return present(this.#siplet);
  }

  get url(): string {
    return present(this.siplet.url);
  }

  port(transport: Transport): number {
    return present(transport === 'udp' ? this.siplet.port : this.siplet.tcp);
  }

  /** What one dials to reach `phone` through the application, at the container or at a proxy before it. */
  dialled({ how, transport }: Way, phone: Phone, port = this.port(transport)): string {
    return `sip:${how}.${transport}.${phone.port}@127.0.0.1:${port};transport=${transport}`;
  }

  /** Starts a phone for one test. */
  phone(kind: 'linphone', way: Way, context: TestContext, outbound?: number): Promise<Linphone>;
  phone(kind: Phone['kind'], way: Way, context: TestContext, outbound?: number): Promise<Phone>;
  async phone(kind: Phone['kind'], { how, transport }: Way, context: TestContext, outbound = this.port(transport)) {
    const phone = await (kind === 'linphone' ? linphone(outbound, transport, how) : baresip(outbound, transport));
    context.onTestFinished(phone.stop);
    const phones = this.#phones.get(context) ?? [];
    if (phones.push(phone) === 1) {
      this.#phones.set(context, phones);
      context.onTestFailed(async ({ task }) => console.log(task.name, (await this.seen(...phones)).ladder));
    }
    return phone;
  }

  /** What the container has seen of these phones. */
  async seen(...phones: Phone[]): Promise<Seen> {
    const calls = await callsWith(this.url, ...phones.map(({ port }) => port));
    const messages = messagesOf(calls);
    return { calls, messages, ladder: ladder(messages) };
  }

  /** Waits for the ACK of this phone's last INVITE: phones refuse a REFER that overtakes it with 491. */
  async acknowledged(phone: Phone): Promise<void> {
    const last = async () => (await this.seen(phone)).messages.at(-1)?.start;
    await until(
      async () => (await last())?.startsWith('ACK'),
      () => `no ACK with the ${phone.kind} at ${phone.port}`,
    );
  }

  /**
   * Ends the file: what must hold of all of its calls. `quitting`: a phone may quit with a request under way, as
   * baresip does when it has hung up and unsubscribed after a transfer.
   */
  afterwards(quitting = false): void {
    test('no session is left 40 s after these calls', async () => {
      await noSessionIsLeft(this.url);
    });

    test('W-09 the container warns of nothing in these calls', () => {
      const quit = /"(SUBSCRIBE cannot be sent|the way back to the caller has failed)/;
      expect(this.siplet.complaints.filter((line) => !(quitting && quit.test(line)))).toEqual([]);
    });

    test('tshark finds no malformed message and nothing to warn of in what the container wrote', async () => {
      const written = messagesOf(await callsOf(this.url)).filter(({ direction }) => direction === 'out');
      expect(written.length).toBeGreaterThan(100);
      expect(await readByTshark(written)).toEqual({ sip: written.length, complaints: [] });
    });
  }
}

/**
 * The events and statuses that NOTIFYs told the sender of the first REFER (RFC 3515 §2.4.5), in the order in which they
 * were written: 'refer;id=own 200' where the id is the CSeq number of its REFER (§2.4.6).
 */
export function toldOfTransfer(messages: readonly Message[]): string[] {
  const refer = messages.find(({ direction, start }) => direction === 'in' && start.startsWith('REFER'))?.text ?? '';
  const tag = /^From:.*;tag=(\S+)$/im.exec(refer)?.[1];
  const number = /^CSeq: (\d+)/im.exec(refer)?.[1];
  return messages
    .filter(({ direction, start }) => direction === 'out' && start.startsWith('NOTIFY'))
    .filter(({ text }) => /^To:.*;tag=(\S+)$/im.exec(text)?.[1] === tag)
    .map(({ text }) => {
      const event = /^Event: (.*)$/im.exec(text)?.[1]?.trim();
      return `${event === `refer;id=${number}` ? 'refer;id=own' : event} ${/^SIP\/2\.0 (\d{3})/m.exec(text)?.[1]}`;
    });
}
