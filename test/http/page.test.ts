// The console's script, run once on a document that can do nothing but hold text.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { SCRIPT } from '../../container/http/page-script.js';

class Element {
  children: Element[] = [];
  textContent: unknown;
  hidden = true;
  onclick: (() => void) | undefined;
  append(...more: Element[]) {
    this.children.push(...more);
  }
  prepend(...more: Element[]) {
    this.children.unshift(...more);
  }
  replaceChildren(...all: Element[]) {
    this.children = all;
  }
  /** All text in it. */
  get text(): string {
    return this.children.length > 0 ? this.children.map(({ text }) => text).join('|') : String(this.textContent);
  }
}

const CALL = {
  callId: 'c/1',
  began: 1000,
  method: 'INVITE',
  from: '<b>x</b>',
  to: '<b@x>',
  state: 'failed',
  status: 486,
};
const TRACE = [
  {
    at: 1000,
    direction: 'in',
    transport: 'TLS',
    remote: '10.0.0.1:5060',
    start: 'INVITE sip:b@x SIP/2.0',
    text: 'the INVITE',
  },
  { at: 1002, direction: 'inside', sender: 'one', recipient: 'two', start: 'INVITE sip:b@x SIP/2.0', text: 'the next' },
  {
    at: 1003,
    direction: 'out',
    transport: 'TLS',
    remote: '10.0.0.1:5060',
    start: 'SIP/2.0 486 Busy Here',
    text: 'the 486',
  },
];
const ANSWERS: Record<string, unknown> = {
  '/api/apps': [{ name: 'hunt', version: '1.0.0', state: 'active', sessions: 2, handlers: ['initial INVITE'] }],
  '/api/calls': [{ ...CALL, messages: 2 }],
  '/api/calls/c%2F1': { ...CALL, messages: 3, omitted: 1, trace: TRACE },
};

test('shows applications, calls, events, the ladder of a call and its messages; markup of a peer is text', async () => {
  const elements = new Map<string, Element>();
  const element = (id: string): Element => elements.get(id) ?? present(elements.set(id, new Element()).get(id));
  const document = { getElementById: element, createElement: () => new Element() };
  const events = 'id: 1\nevent: call\ndata: {"callId":"c2","state":"ringing","method":"INVITE"}\n\n';
  const ask = async (path: string) => {
    if (path !== '/api/events') return new Response(JSON.stringify(ANSWERS[path]));
    return new Response(new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(events)) }));
  };
  const storage = { getItem: () => '', setItem: () => {} };
  new Function('document', 'fetch', 'sessionStorage', 'Node', 'setInterval', SCRIPT)(
    document,
    ask,
    storage,
    Element,
    () => {},
  );
  await expect.poll(() => element('calls').text).toContain('INVITE|<b>x</b>|<b@x>|failed 486|2|c/1');
  expect(element('apps').text).toBe('hunt|1.0.0|active|2|initial INVITE');
  await expect.poll(() => element('events').text).toContain('|call|ringing INVITE c2');
  present(present(element('calls').children[0]).onclick)();
  await expect.poll(() => element('ladder').children.length).toBe(5);
  expect(present(element('ladder').children[2]).text).toBe(
    '     2 ms       |                          |* INVITE one → two',
  );
  expect(present(element('ladder').children[3]).text).toBe('     3 ms  TLS  |< 486 Busy Here ----------|');
  present(present(element('ladder').children[1]).onclick)();
  expect(element('message').textContent).toBe('the INVITE');
});

test('a refusal is told in its own words', async () => {
  const elements = new Map<string, Element>();
  const element = (id: string): Element => elements.get(id) ?? present(elements.set(id, new Element()).get(id));
  const document = { getElementById: element, createElement: () => new Element() };
  const ask = async () => new Response('{"error":"the Host header names another host"}', { status: 403 });
  const storage = { getItem: () => '', setItem: () => {} };
  new Function('document', 'fetch', 'sessionStorage', 'Node', 'setInterval', 'setTimeout', SCRIPT)(
    ...[document, ask, storage, Element, () => {}, () => {}],
  );
  await expect.poll(() => element('note').textContent).toBe('the Host header names another host');
});
