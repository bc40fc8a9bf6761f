// RULES.md section 3: what the bridge and the factory cannot do yet says so, time limits of a bridge, CallFailedError.
import { CallFailedError, Invite, SipFactory, Siplet, type SipRequest } from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { thrown } from '../world/script.js';
import { BOB, stage } from '../world/stage.js';
import { bridging } from './bridging.js';

/** What the INVITE handler of an application reads, before it refuses the call. */
async function read<T>(
  reads: (request: SipRequest, factory: SipFactory) => T,
  listen?: readonly string[],
): Promise<T | undefined> {
  let result: T | undefined;
  @Siplet({ name: 'reading' })
  class Reading {
    constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

    @Invite()
    call(request: SipRequest) {
      result = reads(request, this.factory);
      request.createResponse(486).send();
    }
  }
  const s = await stage({ reading: { Reading } }, { ...(listen && { listen }) });
  await s.call().response(486);
  await s.ends();
  return result;
}

test('RULES.md section 3 flowUri is not implemented yet, and says so', async () => {
  const errors = await read((request) => [thrown(() => request.flowUri)]);
  expect(errors).toEqual([new Error('flowUri is not implemented yet')]);
});

test('RULES.md section 3 SipFactory.interfaces are the addresses that outboundInterface takes', async () => {
  const interfaces = await read(
    (request, factory) => {
      for (const address of factory.interfaces) {
        request.session.outboundInterface = address;
      }
      return factory.interfaces;
    },
    ['udp:10.0.0.9:5060', 'tcp:10.0.0.9:5060', 'udp:10.0.0.9:5070'],
  );
  expect(interfaces).toEqual(['udp:10.0.0.9:5060', 'tcp:10.0.0.9:5060', 'udp:10.0.0.9:5070']);
});

test.each([
  ['proxy', (request: SipRequest) => request.proxy({ timeout: 20 })],
  ['bridge', (request: SipRequest) => request.b2bua().bridge({ to: BOB, timeout: 20 })],
  ['branch', (request: SipRequest) => Object.assign(request.proxy().createBranches(BOB)[0] ?? {}, { timeout: 20 })],
])('RULES.md section 1 a timeout of a %s that is written as a number below 1000 is refused', async (name, act) => {
  const error = await read((request) => thrown(() => act(request)));
  expect(error).toEqual(
    new RangeError(`the timeout of a ${name}: 20 means 20 milliseconds; write '20s' for seconds, or '20ms'`),
  );
});

test('RULES.md section 3 CallFailedError has the status and the response of the callee', async () => {
  const failures: unknown[] = [];
  const s = await bridging(async (request) => {
    try {
      await request.b2bua().bridge({ to: BOB });
    } catch (error) {
      failures.push(error);
      throw error;
    }
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486, { reason: 'Gone Fishing' });
  expect((await call.response(486)).reason).toBe('Gone Fishing');
  const [error] = failures as [CallFailedError];
  expect(error).toBeInstanceOf(CallFailedError);
  expect([error.name, error.status, error.response?.status, error.message]).toEqual([
    'CallFailedError',
    486,
    486,
    'the call failed with 486 Gone Fishing',
  ]);
  await s.over();
});

test('RULES.md section 3 a bridge that is not answered in time fails with 408 and no response', async () => {
  const failures: CallFailedError[] = [];
  const s = await bridging(async (request) => {
    await request
      .b2bua()
      .bridge({ to: BOB, timeout: '5s' })
      .catch((error: CallFailedError) => failures.push(error));
    request.createResponse(480).send();
  });
  s.bob.answerCancel = s.bob.autoTrying = true;
  const call = s.call();
  await s.bob.receive('INVITE');
  await call.response(480);
  expect(failures.map(({ status, response }) => [status, response])).toEqual([[408, undefined]]);
  expect(Math.trunc(s.world.clock.now() / 1000)).toBe(5);
  await s.over();
});
