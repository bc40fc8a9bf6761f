// Dialogs that both parties have abandoned: limits.dialogIdle (RULES.md section 3).
import { expect, test } from 'vitest';
import { proxies, scripted } from '../world/script.js';
import { BOB, established, left } from '../world/stage.js';

const HOUR = 3_600_000;
const configuration = 'limits: { dialogIdle: 2h }';

test.each([
  ['sessionTimeout: 0', 0, undefined],
  ['setExpires(0)', '3m', 0],
  ['a sessionTimeout beyond it', '24h', undefined],
  ['setExpires beyond it', '3m', '24h'],
] as const)(
  'W-20 §12.3 an abandoned dialog ends after limits.dialogIdle, with %s',
  async (_, sessionTimeout, expires) => {
    const s = await scripted(
      {
        invite(request) {
          if (expires !== undefined) request.applicationSession.setExpires(expires);
          proxies(BOB, { recordRoute: true })(request);
        },
      },
      { siplet: { sessionTimeout }, configuration },
    );
    const { call } = await established(s);
    await s.world.run(1.9 * HOUR);
    const info = call.dialog.request('INFO');
    (await s.bob.receive('INFO')).reply(200);
    await info.response(200);
    await s.world.run(1.9 * HOUR);
    expect(left(s.container)).not.toEqual({});
    await s.world.run(0.2 * HOUR);
    expect(left(s.container)).toEqual({});
    await s.ends();
  },
);
