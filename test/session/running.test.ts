// RULES.md section 3, C-43: `applicationSession.run`, by which callbacks from outside have their turn in a session.
import { type ApplicationSession, SessionInvalidError } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { type Script, scripted } from '../world/script.js';

/** A call that the application has answered; `notes` lists what happened, in order. */
async function answered(more: Script = {}) {
  const notes: string[] = [];
  let session: ApplicationSession | undefined;
  const s = await scripted({
    invite(request) {
      session = request.applicationSession;
      request.createResponse(200).send();
    },
    ...more,
  });
  const call = s.call();
  await call.response(200);
  call.ack();
  await s.world.deliver();
  return {
    ...s,
    notes,
    call,
    session: session as unknown as ApplicationSession,
    hangUp: async (problems?: number) => {
      await call.bye().response(200);
      await s.ends(problems);
    },
  };
}

test('RULES.md section 3 run resolves with what the function returns, or what its promise resolves with', async () => {
  const s = await answered();
  expect(await s.world.complete(s.session.run(() => 7))).toBe(7);
  expect(await s.world.complete(s.session.run(async () => 'seven'))).toBe('seven');
  expect(await s.world.complete(s.session.run(() => {}))).toBeUndefined();
  await s.hangUp();
});

test('RULES.md section 3 run rejects with what the function throws, or what its promise rejects with', async () => {
  const s = await answered();
  const thrown = s.session.run(() => {
    throw new Error('no row');
  });
  await expect(s.world.complete(thrown)).rejects.toThrow('no row');
  await expect(s.world.complete(s.session.run(() => Promise.reject(new Error('no host'))))).rejects.toThrow('no host');
  await s.hangUp();
});

test('C-43 a function that is run waits for the handler that runs, and a message for the function', async () => {
  const notes: string[] = [];
  const s = await answered({
    async info(request) {
      notes.push('info begins');
      await s.after(1000);
      notes.push('info ends');
      request.createResponse(200).send();
    },
  });
  const info = s.call.dialog.request('INFO');
  await s.world.run(100);
  const ran = s.session.run(async () => {
    notes.push('run begins');
    await s.after(1000);
    notes.push('run ends');
  });
  await info.response(200);
  const again = s.call.dialog.request('INFO');
  await s.world.complete(ran);
  await again.response(200);
  expect(notes).toEqual(['info begins', 'info ends', 'run begins', 'run ends', 'info begins', 'info ends']);
  await s.hangUp();
});

test('C-43 functions run one after another, in the order in which they came', async () => {
  const s = await answered();
  const step = (name: string, ms: number) =>
    s.session.run(async () => {
      s.notes.push(`${name} begins`);
      await s.after(ms);
      s.notes.push(`${name} ends`);
    });
  await s.world.complete(Promise.all([step('a', 300), step('b', 100), step('c', 1)]));
  expect(s.notes).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  await s.hangUp();
});

test('C-43 a handler may await run in its own session: its turn is lent meanwhile', async () => {
  const notes: unknown[] = [];
  const s = await answered({
    async info(request) {
      notes.push(await request.applicationSession.run(() => 'inside'));
      request.createResponse(200).send();
    },
  });
  await s.call.dialog.request('INFO').response(200);
  expect(notes).toEqual(['inside']);
  await s.hangUp();
});

test('RULES.md section 3 the fault of one function disturbs no other', async () => {
  const s = await answered();
  const bad = s.session.run(() => {
    throw new Error('bad');
  });
  const good = s.session.run(() => 'good');
  await expect(s.world.complete(bad)).rejects.toThrow('bad');
  expect(await s.world.complete(good)).toBe('good');
  await s.hangUp();
});

test('C-41 a rejection that nobody takes is neither logged as a fault nor ends anything', async () => {
  const s = await answered();
  void s.session.run(() => {
    throw new Error('nobody listens');
  });
  await s.world.deliver();
  await s.hangUp();
});

test('RULES.md section 3 run in a session that has ended throws; one that ends before the turn rejects', async () => {
  const notes: string[] = [];
  const s = await answered({
    async info(request) {
      await s.after(1000);
      request.createResponse(200).send();
      request.applicationSession.invalidate();
    },
  });
  const info = s.call.dialog.request('INFO');
  await s.world.run(100);
  const late = s.session.run(() => void notes.push('ran'));
  const rejected = expect(late).rejects.toThrow(SessionInvalidError);
  await info.response(200);
  await s.world.deliver();
  await rejected;
  expect(() => s.session.run(() => 1)).toThrow(SessionInvalidError);
  expect(notes).toEqual([]);
  expect(s.session.isValid).toBe(false);
});
