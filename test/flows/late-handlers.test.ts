// What is forbidden once a branch has left, and what a handler that comes too late must not disturb.
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { thrown } from '../world/script.js';
import { DESK, directory, MOBILE } from './apps/bob.js';
import { search } from './search.js';

test('F-1 C-29 C-41 a handler that proxies after the caller has given up is not at fault: no error is logged or counted', async () => {
  @Siplet()
  class LookUp {
    @Invite()
    async ring(request: SipRequest) {
      await directory.find('bob');
      request.proxy().proxyTo(DESK);
    }
  }
  const { world, call, finds, ends, container } = await search(LookUp);
  finds(DESK, 3000);
  const sent = call();
  await sent.response(100);
  await world.run(1000);
  await sent.cancel().response(200);
  await sent.response(487);
  await ends();
  expect(container.engine.invocation.failures).toBe(0);
});

test('F-2 §9.1 §17.1.1.3 a branch’s request is committed when it has been sent: editing it throws, and CANCEL and ACK go where the INVITE went', async () => {
  const errors: unknown[] = [];
  @Siplet()
  class Edits {
    @Invite()
    ring(request: SipRequest) {
      request.proxy().proxyTo(DESK);
      const sent = present(request.proxy().branches[0]).request;
      errors.push(
        sent.isCommitted || undefined,
        thrown(() => {
          sent.uri = 'sip:other@10.0.0.7';
        }),
        thrown(() => sent.pushRoute('sip:10.0.0.8;lr')),
      );
    }
  }
  const { world, desk, call } = await search(Edits);
  desk.answerCancel = true;
  const sent = call();
  (await desk.receive('INVITE')).reply(180);
  await sent.response(180);
  sent.cancel();
  await sent.response(487);
  await world.deliver();
  expect(desk.received.map(({ message }) => `${message.method} ${message.uri} ${message.list('Route')}`)).toEqual([
    `INVITE ${DESK} `,
    `CANCEL ${DESK} `,
    `ACK ${DESK} `,
  ]);
  expect(errors).not.toContain(undefined);
});

test('F-3 createBranches that throws RangeError for too many has created none', async () => {
  const { desk, mobile, world, call } = await search(
    (() => {
      @Siplet()
      class TooMany {
        @Invite()
        ring(request: SipRequest) {
          const proxy = request.proxy();
          thrown(() => proxy.createBranches(Array.from({ length: 129 }, (_, i) => `sip:u${i}@10.0.0.2`)));
          proxy.proxyTo(MOBILE);
        }
      }
      return TooMany;
    })(),
  );
  call();
  (await mobile.receive('INVITE')).reply(404);
  await world.run(100);
  expect(desk.received).toHaveLength(0);
});
