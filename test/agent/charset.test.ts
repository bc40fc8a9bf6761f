// Bodies in the charset that their Content-Type names, and what is injected (CNT-36, JSR 289 §5.3, RULES.md section 1).
import { Config, Logger, Message, Sessions, Siplet, type SipRequest } from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { stage } from '../world/stage.js';

const seen: unknown[] = [];

@Siplet({ name: 'reading' })
class Reading {
  constructor(
    @inject(Logger) private readonly log: Logger,
    @Config() private readonly config: unknown,
    @inject(Sessions) private readonly sessions: Sessions,
  ) {}

  @Message()
  read(request: SipRequest) {
    this.log.info('read');
    seen.push(request.text, this.config, this.sessions.all().length);
    const response = request.createResponse(200);
    response.setBody('naïve', 'text/plain;charset=utf-8');
    response.send();
  }
}

test.each([
  ['text/plain', 'caf\xc3\xa9', 'café'],
  ['text/plain;charset=UTF-8', 'caf\xc3\xa9', 'café'],
  ['text/plain; charset="iso-8859-1"', 'caf\xe9', 'café'],
  ['text/plain;charset=windows-1251', '\xcf\xf0\xe8\xe2\xe5\xf2', 'Привет'],
  ['text/plain;charset=utf-16le', 'h\0i\0', 'hi'],
  ['text/plain;charset=nobody-knows', 'caf\xc3\xa9', 'café'],
])(
  'CNT-36 a body of %s is read as such, and what an application injects is its own',
  async (contentType, body, text) => {
    seen.length = 0;
    const { alice, ends } = await stage(Reading, { configuration: 'apps: { agent: { greeting: hello } }' });
    const answer = await alice.request('MESSAGE', 'sip:bob@siplet', { body, contentType }).response(200);
    expect(seen).toEqual([text, { greeting: 'hello' }, 1]);
    expect(answer.body).toBe('na\xc3\xafve');
    await ends();
  },
);
