// D-2: what is left of a version whose time to drain is over.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, established } from '../world/stage.js';

test('D-2 sessions that are ended take no call with them: the BYE goes on by its Route set, unseen', async () => {
  const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), bye: watch });
  const { engine } = s.container;
  const [application] = s.container.active;
  const { call } = await established(s);
  expect(engine.sessions.countOf(present(application))).toBe(1);
  const idle: string[] = [];
  engine.sessions.onIdle = ({ name }) => idle.push(name);
  engine.sessions.endAll(present(application));
  expect(engine.sessions.countOf(present(application))).toBe(0);
  expect(Object.values(engine.size).every((count) => count === 0)).toBe(true);
  expect(idle).toEqual([present(application).name]);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(s.seen).toEqual(['invite']);
  await s.ends();
});
