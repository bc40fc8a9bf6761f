// Forks, searches and redirections in front of a user agent, and copies by two ways (§8.2.2.2, C-40).
import { Invite, Message, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { BOB, CAROL, type Stage, stage } from '../world/stage.js';

type Task = (request: SipRequest) => unknown;

/** An application with that name, which does this with each INVITE and MESSAGE. */
function doing(name: string, task: Task) {
  @Siplet({ name })
  class Doing {
    @Invite()
    invite(request: SipRequest): unknown {
      return task(request);
    }

    @Message()
    message(request: SipRequest): unknown {
      return task(request);
    }
  }
  return { Doing };
}

/** The applications in that order. */
async function order(...tasks: Task[]): Promise<Stage> {
  const names = tasks.map((_, index) => `application${index}`);
  const applications = Object.fromEntries(
    names.map((name, index) => [name, doing(name, tasks[index] as Task)] as const),
  );
  return stage(applications, { configuration: `router: { '*': [${names.join(', ')}] }` });
}

const bridges: Task = (request) => request.b2bua().bridge({ to: String(request.uri) });
const answers =
  (status: number): Task =>
  (request) =>
    request.createResponse(status).send();
const FORKS: Task = (request) => request.proxyTo([BOB, CAROL]);
const HUNTS: Task = (request) => request.proxyTo([BOB, CAROL], { parallel: false });

const COPY = { callId: 'same', fromTag: 'same' };

test.each([
  ['bridges', bridges],
  ['proxies', (request: SipRequest) => request.forward()],
])('E-01 C-40 an application forks before one that %s: both phones ring', async (_, second) => {
  const on = await order(FORKS, second as Task);
  const call = on.alice.invite('sip:bob@example.com', { via: 'siplet' });
  const [bob, carol] = [await on.bob.receive('INVITE'), await on.carol.receive('INVITE')];
  bob.reply(180);
  carol.reply(200);
  await call.response(200);
  (await on.bob.receive('CANCEL')).reply(200);
  bob.reply(487);
  call.ack();
  await on.carol.receive('ACK');
});

test('E-01 C-40 an application hunts before one that bridges: the second phone rings after the first is busy', async () => {
  const on = await order(HUNTS, bridges);
  const call = on.alice.invite('sip:bob@example.com', { via: 'siplet' });
  (await on.bob.receive('INVITE')).reply(486);
  (await on.carol.receive('INVITE')).reply(200);
  await call.response(200);
});

test('E-01 C-40 an application recurses on a redirection before one that bridges: the new target rings', async () => {
  const on = await order((request) => request.proxyTo(BOB, { recurse: true }), bridges);
  const call = on.alice.invite('sip:bob@example.com', { via: 'siplet' });
  (await on.bob.receive('INVITE')).reply(302, { headers: { Contact: `<${CAROL}>` } });
  (await on.carol.receive('INVITE')).reply(200);
  await call.response(200);
});

test('E-01 C-40 an application forks before one that answers: each branch has its own answer', async () => {
  const seen: string[] = [];
  const on = await order(FORKS, (request) => {
    seen.push(String(request.uri));
    request.createResponse(seen.length === 1 ? 486 : 200).send();
  });
  const call = on.alice.invite('sip:bob@example.com', { via: 'siplet' });
  await call.response(200);
  expect(seen).toEqual([BOB, CAROL]);
});

test.each(['INVITE', 'MESSAGE'])(
  'E-01 C-40 an upstream proxy hunts: after the final response to the first %s the next one is taken',
  async (method) => {
    const on = await order(answers(486));
    for (const branch of ['z9hG4bKone', 'z9hG4bKtwo']) {
      const copy = on.alice.request(method, 'sip:bob@example.com', { via: 'siplet', branch, ...COPY });
      await copy.response(486);
    }
  },
);

test('E-01 C-40 an upstream proxy forks to two users: neither is a copy of the other', async () => {
  const on = await order(bridges);
  on.alice.request('INVITE', 'sip:bob@10.0.0.2', { via: 'siplet', branch: 'z9hG4bKone', ...COPY });
  on.alice.request('INVITE', 'sip:carol@10.0.0.3', { via: 'siplet', branch: 'z9hG4bKtwo', ...COPY });
  await on.bob.receive('INVITE');
  await on.carol.receive('INVITE');
});

test('W-22 §8.2.2.2 a copy that arrives before the handler of the first has answered waits, and gets 482 then', async () => {
  let calls = 0;
  let answer = (): void => {};
  const on = await order(async (request) => {
    calls++;
    await new Promise<void>((resolve) => (answer = resolve));
    request.createResponse(200).send();
  });
  const first = on.alice.invite('sip:bob@example.com', { via: 'siplet', branch: 'z9hG4bKone', ...COPY });
  const second = on.alice.request('INVITE', 'sip:bob@example.com', { via: 'siplet', branch: 'z9hG4bKtwo', ...COPY });
  await on.world.run(1000);
  expect(second.responses.map(({ status }) => status)).toEqual([100]);
  answer();
  await first.response(200);
  await second.response(482);
  expect(calls).toBe(1);
});

test('W-22 §8.2.2.2 a copy that waits gets 482 when the first is bridged, and goes on when it is proxied', async () => {
  for (const [task, status] of [
    [bridges, 482],
    [(request: SipRequest) => request.proxyTo(request.uri), 200],
  ] as const) {
    let decide = (): void => {};
    const on = await order(async (request) => {
      await new Promise<void>((resolve) => (decide = resolve));
      await task(request);
    });
    const copies = ['z9hG4bKone', 'z9hG4bKtwo'].map((branch) =>
      on.alice.request('INVITE', BOB, { via: 'siplet', branch, ...COPY }),
    );
    await on.world.run(100);
    decide();
    await on.world.run(100);
    decide();
    (await on.bob.receive('INVITE')).reply(200);
    if (status === 200) (await on.bob.receive('INVITE')).reply(200);
    await copies[1]?.response(status);
    await copies[0]?.response(200);
  }
});

test('W-22 §8.2.2.2 a copy is refused also where the user agent is behind an application that proxies', async () => {
  const on = await order((request) => request.forward(), bridges);
  on.alice.request('INVITE', BOB, { via: 'siplet', branch: 'z9hG4bKone', ...COPY });
  await on.bob.receive('INVITE');
  const second = on.alice.request('INVITE', BOB, { via: 'siplet', branch: 'z9hG4bKtwo', ...COPY });
  await second.response(482);
  await on.world.run(100);
  expect(on.bob.received.filter(({ message }) => message.method === 'INVITE')).toHaveLength(1);
});

test('W-22 §9.2 a copy that waits can be cancelled', async () => {
  let decide = (): void => {};
  const on = await order(async (request) => {
    await new Promise<void>((resolve) => (decide = resolve));
    request.createResponse(486).send();
  });
  const [first, second] = ['z9hG4bKone', 'z9hG4bKtwo'].map((branch) =>
    on.alice.invite('sip:bob@example.com', { via: 'siplet', branch, ...COPY }),
  );
  await second?.response(100);
  await second?.cancel().response(200);
  await second?.response(487);
  decide();
  await first?.response(486);
});
