// Applications that fail, in the built container beside one that does not: C-41, C-41a, the last sentence of D-1. Needs
// the build, which `npm test` makes first.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Container, type LogLine } from './process.js';
import { acknowledgementOf, datagrams, type End, Raw, responseTo, sink } from './wire.js';

let callee: End;
let caller: End;

beforeAll(async () => {
  callee = await sink();
  caller = await datagrams('127.0.0.1');
});

afterAll(async () => {
  await Promise.all([callee.close(), caller.close()]);
});

let requests = 0;

/** A request of the caller's, in a dialog or not. */
class Sent {
  readonly raw: Raw;

  constructor(
    readonly container: Container,
    readonly method: string,
    readonly callId: string,
    target: { uri: string; to?: string; routes?: readonly string[]; cseq?: number },
  ) {
    const lines = [
      `${method} ${target.uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bK${process.pid}.${++requests};rport`,
      'Max-Forwards: 70',
      'From: <sip:alice@127.0.0.1>;tag=alice',
      `To: ${target.to ?? '<sip:bob@127.0.0.1>'}`,
      `Call-ID: ${callId}`,
      `CSeq: ${target.cseq ?? 1} ${method}`,
      `Contact: <sip:alice@127.0.0.1:${caller.port}>`,
      ...(target.routes ?? []).map((value) => `Route: ${value}`),
      'Content-Length: 0',
    ];
    this.raw = new Raw(`${lines.join('\r\n')}\r\n\r\n`);
    caller.send(this.raw.wire, container.udp);
  }

  /**
   * Its response of that status; of another class it fails. A final response to INVITE other than 2xx is acknowledged.
   */
  async response(status: number): Promise<Raw> {
    const { raw } = await caller.inbox.take(
      ({ raw: each }) =>
        each.value('call-id') === this.callId && each.value('cseq') === this.raw.value('cseq') && each.status !== 100,
    );
    expect(raw.status).toBe(status);
    if (this.method === 'INVITE' && status >= 300) caller.send(acknowledgementOf(this.raw, raw), this.container.udp);
    return raw;
  }
}

/** An initial request: `user` tells the application what to do. */
const send = (container: Container, method: string, user: string) =>
  new Sent(container, method, `${user}-${++requests}`, { uri: `sip:${user}@127.0.0.1` });

/** What the callee gets of it. */
const arrival = (sent: Sent, method = sent.method) =>
  callee.inbox.take(({ raw }) => raw.value('call-id') === sent.callId && raw.method === method);

/** It is proxied to the callee, who answers it. */
async function expectServed(sent: Sent): Promise<void> {
  const { raw, reply } = await arrival(sent);
  reply(responseTo(raw, 200, [`Contact: <sip:bob@127.0.0.1:${callee.port}>`]));
  await sent.response(200);
}

/** A call that stands, and how to end it. */
class Call {
  #cseq = 1;

  private constructor(
    readonly invite: Sent,
    readonly answer: Raw,
  ) {}

  static async begin(container: Container, user = 'fine'): Promise<Call> {
    const invite = send(container, 'INVITE', user);
    const { raw, reply } = await arrival(invite);
    reply(responseTo(raw, 200, [`Contact: <sip:bob@127.0.0.1:${callee.port}>`]));
    return Call.answered(invite, await invite.response(200));
  }

  static async answered(invite: Sent, answer: Raw): Promise<Call> {
    const call = new Call(invite, answer);
    call.request('ACK', 1);
    await arrival(invite, 'ACK');
    return call;
  }

  request(method: string, cseq = ++this.#cseq): Sent {
    return new Sent(this.invite.container, method, this.invite.callId, {
      uri: `sip:bob@127.0.0.1:${callee.port}`,
      to: present(this.answer.value('to')),
      routes: this.answer.values('record-route').reverse(),
      cseq,
    });
  }

  async end(): Promise<void> {
    await expectServed(this.request('BYE'));
  }
}

/** The line about that request at level error or warn. */
const complaint = (container: Container, sent: Sent, level = 50): Promise<LogLine> =>
  container.said((line) => line.callId === sent.callId && line.level === level);

/** Where in `text` that is, as `file:line`. */
const placeOf = (file: string, text: string, words: string): string =>
  `${file}:${text.slice(0, text.indexOf(words)).split('\n').length}:`;

/** Each process started is stopped, with status 0 and no word on standard error. */
function running(applications: () => Record<string, string>, configuration: string): () => Container {
  let container: Container | undefined;
  beforeAll(async () => {
    container = await Container.start(applications(), configuration);
  });
  afterAll(async () => {
    expect(await container?.stop()).toEqual({ status: 0, err: '' });
  });
  return () => present(container);
}

/** An application with one handler, which fails for the user `fault` and proxies to the callee otherwise. */
const failing = (className: string, decorator: string, head: string, failure: string) =>
  `import { ${decorator}, type SipRequest, type SipUri, Siplet } from '@siplet/sdk';

@Siplet()
export class ${className} {
  @${decorator}()
  ${head}take(request: SipRequest) {
    if ((request.uri as SipUri).user === 'fault') ${failure};
    request.proxy({ recordRoute: request.method === 'INVITE' }).proxyTo('sip:bob@127.0.0.1:${callee.port}');
  }
}
`;

const BROKEN = `import { Siplet, Invite } from '@siplet/sdk';

@Siplet()
export class Broken {
  @Invite()
  take(request {
  }
}
`;

const LOST = `import { Siplet, Invite } from '@siplet/sdk';
import { somewhere } from './nowhere.js';

@Siplet()
export class Lost {
  @Invite()
  take() { somewhere(); }
}
`;

describe('applications that fail, each for a method of its own', () => {
  const texts: Record<string, string> = {};
  const container = running(
    () =>
      Object.assign(texts, {
        'throws.ts': failing('Throws', 'Message', '', "throw new Error('on purpose')"),
        'rejects.ts': failing('Rejects', 'Subscribe', 'async ', "throw new Error('on purpose')"),
        'hangs.ts': failing('Hangs', 'Refer', '', 'return new Promise(() => {})'),
        'broken.ts': BROKEN,
        'lost.ts': LOST,
        'good.ts': failing('Good', 'Invite', '', ''),
      }),
    `
deploy: { typeCheck: off }
router: { INVITE: [broken, lost, good], MESSAGE: [throws], SUBSCRIBE: [rejects], REFER: [hangs] }
limits: { handlerTimeout: 300, answerWarning: 100, answerTimeout: 300 }
shutdown: { timeout: 1000 }
`,
  );

  test('D-1 what does not compile is reported with file and line, and the others serve', async () => {
    const faults = container().errors.filter(({ msg }) => msg.includes('is not deployed'));
    expect(faults.map(({ msg }) => present(msg.split('\n')[0])).sort()).toEqual([
      expect.stringMatching(/^broken 0\.0\.0 is not deployed: apps\/broken\.ts:6:\d+: /),
      expect.stringMatching(/^lost 0\.0\.0 is not deployed: apps\/lost\.ts:2:\d+: /),
    ]);
    expect(faults.map(({ app }) => app).sort()).toEqual(['broken', 'lost']);
    const ready = present(container().lines.find(({ msg }) => msg === 'ready'));
    expect(ready.applications).toEqual(['good 0.0.0', 'hangs 0.0.0', 'rejects 0.0.0', 'throws 0.0.0']);
    await (await Call.begin(container())).end();
  });

  test.each([
    ['throws', 'MESSAGE', 'Throws.take'],
    ['rejects', 'SUBSCRIBE', 'Rejects.take'],
  ])('C-41 a handler that %s: 500, logged, and nobody else harmed', async (app, method, handler) => {
    const standing = await Call.begin(container());
    const faulty = send(container(), method, 'fault');
    await faulty.response(500);
    const line = await complaint(container(), faulty);
    expect(line).toMatchObject({ app, method, handler, msg: `${handler} failed`, err: { message: 'on purpose' } });
    // In the author's source.
    expect(present(line.err).stack).toContain(placeOf(`${app}.ts`, present(texts[`${app}.ts`]), 'throw new Error'));
    await expectServed(send(container(), method, 'fine'));
    await (await Call.begin(container())).end();
    await standing.end();
  });

  test('C-41a a handler that never settles, nor answers, nor proxies: warned about, 500, and nobody else harmed', async () => {
    const standing = await Call.begin(container());
    const faulty = send(container(), 'REFER', 'fault');
    const line = await complaint(container(), faulty, 40);
    expect(line).toMatchObject({ app: 'hangs', method: 'REFER', handler: 'Hangs.take' });
    // While it hangs the others are served, its own other calls too.
    await expectServed(send(container(), 'REFER', 'fine'));
    await (await Call.begin(container())).end();
    await faulty.response(500);
    await expectServed(send(container(), 'REFER', 'fine'));
    await standing.end();
  });
});

/** Fails in the ways that the user part of the Request-URI names: `<where>-<how>`. */
const faulty = () => `import {
  BestResponse, Invite, ProvisionalResponse, type SipRequest, type SipResponse, type SipUri, Siplet, Subsequent, SuccessResponse,
} from '@siplet/sdk';

const user = (request: SipRequest) => (request.uri as SipUri).user ?? '';

function fail(how: string): unknown {
  switch (how) {
    case 'throws': throw new Error('on purpose');
    case 'rejects': return Promise.reject(new Error('on purpose'));
    default: return new Promise(() => {});
  }
}

function failIn(where: string, response: SipResponse): unknown {
  const [place, how] = user(response.request).split('-');
  if (place !== where) return undefined;
  response.headers.set('X-Bob', 'changed');
  return fail(how!);
}

@Siplet()
export class Faulty {
  @Invite()
  ring(request: SipRequest): unknown {
    const [place, how] = user(request).split('-');
    if (place === 'request') return fail(how!);
    request.proxy({ recordRoute: true }).proxyTo('sip:' + user(request) + '@127.0.0.1:${callee.port}');
    if (place === 'proxied') return fail(how!);
    if (place === 'stray') this.stray(how!);
    return undefined;
  }

  stray(how: string): void {
    const error = new Error('stray on purpose');
    if (how === 'rejection') void Promise.reject(error);
    if (how === 'later') void new Promise((resolve) => setTimeout(resolve, 1)).then(() => { throw error; });
    if (how === 'nothing') void Promise.reject(undefined);
    if (how === 'timeout') setTimeout(() => { throw error; }, 1);
    if (how === 'immediate') setImmediate(() => { throw error; });
    if (how === 'microtask') queueMicrotask(() => { throw error; });
    if (how === 'emitter') setTimeout(() => { new (require('node:events').EventEmitter)().emit('error', error); }, 1);
  }

  @Subsequent('INFO')
  inform(): unknown { throw new Error('on purpose'); }

  @ProvisionalResponse()
  early(response: SipResponse) { return failIn('early', response); }

  @SuccessResponse()
  answered(response: SipResponse) { return failIn('answered', response); }

  @BestResponse()
  best(response: SipResponse) { return failIn('best', response); }
}
`;

describe('an application that fails in its calls', () => {
  const texts: Record<string, string> = {};
  const container = running(
    () =>
      Object.assign(texts, {
        'faulty.ts': faulty(),
        'broken.ts': BROKEN,
        'good.ts': failing('Good', 'Message', '', ''),
      }),
    `
deploy: { typeCheck: off }
router: { INVITE: [faulty, broken], MESSAGE: [good] }
limits: { handlerTimeout: 300, answerWarning: 100, answerTimeout: 300 }
shutdown: { timeout: 1000 }
`,
  );

  /** Its own next call and one of the other application. */
  async function expectUnharmed(): Promise<void> {
    await expectServed(send(container(), 'MESSAGE', 'fine'));
    await (await Call.begin(container())).end();
    expect(container().isRunning).toBe(true);
  }

  test.each(['throws', 'rejects'])('C-41 in an INVITE that %s: 500', async (how) => {
    const invite = send(container(), 'INVITE', `request-${how}`);
    await invite.response(500);
    const line = await complaint(container(), invite);
    expect(line).toMatchObject({ app: 'faulty', method: 'INVITE', handler: 'Faulty.ring' });
    const place = placeOf('faulty.ts', present(texts['faulty.ts']), `case '${how}'`);
    expect(present(line.err).stack).toContain(place);
    await expectUnharmed();
  });

  test('C-41a an INVITE that never settles: warned about, then 500', async () => {
    const invite = send(container(), 'INVITE', 'request-hangs');
    expect(await complaint(container(), invite, 40)).toMatchObject({ app: 'faulty', handler: 'Faulty.ring' });
    await expectUnharmed();
    await invite.response(500);
    await expectUnharmed();
  });

  test('C-29 an INVITE that never settles can be cancelled', async () => {
    const invite = send(container(), 'INVITE', 'request-hangs');
    await complaint(container(), invite, 40);
    const { raw } = invite;
    const cancel = raw.wire.replace('INVITE', 'CANCEL').replace('CSeq: 1 INVITE', 'CSeq: 1 CANCEL');
    caller.send(cancel, container().udp);
    const statuses = await Promise.all(
      ['INVITE', 'CANCEL'].map(async (method) => {
        const { raw: response } = await caller.inbox.take(
          ({ raw: each }) =>
            each.value('call-id') === invite.callId && each.value('cseq') === `1 ${method}` && each.status !== 100,
        );
        if (method === 'INVITE') caller.send(acknowledgementOf(raw, response), container().udp);
        return response.status;
      }),
    );
    expect(statuses).toEqual([487, 200]);
    await expectUnharmed();
  });

  test.each(['throws', 'rejects', 'hangs'])(
    'C-41 after it has proxied, a handler that %s: the call goes on',
    async (how) => {
      await (await Call.begin(container(), `proxied-${how}`)).end();
      const line = await container().said(
        ({ level, callId }) => level === 50 && String(callId).startsWith(`proxied-${how}`),
      );
      expect(line).toMatchObject({ app: 'faulty', method: 'INVITE', handler: 'Faulty.ring' });
      await expectUnharmed();
    },
  );

  describe.each(['throws', 'rejects', 'hangs'])('in a response handler that %s', (how) => {
    test.each([
      ['early', 183, 'Faulty.early'],
      ['answered', 200, 'Faulty.answered'],
      ['best', 486, 'Faulty.best'],
    ])('C-41 %s: the %i goes upstream as received', async (where, status, handler) => {
      const invite = send(container(), 'INVITE', `${where}-${how}`);
      const { raw, reply } = await arrival(invite);
      const contact = `Contact: <sip:bob@127.0.0.1:${callee.port}>`;
      reply(responseTo(raw, status, [contact, 'X-Bob: unchanged', 'Subject:  odd ']));
      const response = await invite.response(status);
      expect([response.value('x-bob'), response.lines.includes('Subject:  odd ')]).toEqual(['unchanged', true]);
      expect(response.start).toBe(`SIP/2.0 ${status} Whatever`);
      const line = await complaint(container(), invite);
      expect(line).toMatchObject({ app: 'faulty', method: 'INVITE', handler });
      expect(present(line.err).type).toBe(how === 'hangs' ? 'HandlerTimeout' : 'Error');
      if (status === 200) await (await Call.answered(invite, response)).end();
      if (status === 183) {
        reply(responseTo(raw, 480));
        await invite.response(480);
      }
      await expectUnharmed();
    });
  });

  test('C-41 in a request inside a dialog: 500, and the dialog stands', async () => {
    const call = await Call.begin(container());
    const info = call.request('INFO');
    await info.response(500);
    expect(await complaint(container(), info)).toMatchObject({
      app: 'faulty',
      method: 'INFO',
      handler: 'Faulty.inform',
    });
    await call.end();
    await expectUnharmed();
  });

  test.each([
    ['rejection', 'an unhandled rejection'],
    ['later', 'a rejection that comes later'],
    ['nothing', 'a rejection with undefined'],
    ['timeout', 'a setTimeout callback that throws'],
    ['immediate', 'a setImmediate callback that throws'],
    ['microtask', 'a microtask that throws'],
    ['emitter', "an EventEmitter's unhandled error"],
  ])('C-41 stray %s: %s does not end the process', async (how) => {
    await (await Call.begin(container(), `stray-${how}`)).end();
    const line = await container().said(({ level, msg }) => level === 50 && msg.includes('unhandled'));
    // Node does not tell whose a microtask was; the position does.
    if (how !== 'microtask')
      expect(line).toMatchObject({ handler: 'Faulty.ring', msg: 'Faulty.ring left an unhandled error' });
    if (how !== 'nothing') {
      expect(present(line.err).message).toContain('stray on purpose');
      expect(present(line.err).stack).toContain(
        placeOf('faulty.ts', present(texts['faulty.ts']), "new Error('stray on purpose')"),
      );
    }
    await expectUnharmed();
  });

  test('D-1 what does not compile beside it is reported', () => {
    const [fault, ...others] = container().errors.filter(({ msg }) => msg.includes('is not deployed'));
    expect(present(fault).msg).toMatch(/^broken 0\.0\.0 is not deployed: apps\/broken\.ts:6:\d+: /);
    expect(others).toEqual([]);
  });
});
