// Which method takes a message: RULES.md section 2, 'Selection'.
import {
  Ack,
  ApplicationSessionExpired,
  BestResponse,
  BranchResponse,
  Bye,
  Cancel,
  DeploymentError,
  ErrorResponse,
  Initial,
  Invite,
  Message,
  NoAckReceived,
  OnTimer,
  ProvisionalResponse,
  RedirectResponse,
  Register,
  SessionCreated,
  SessionKey,
  Siplet,
  StatelessRoute,
  Status,
  Subsequent,
  SuccessResponse,
} from '@siplet/sdk';
import { declarationOf } from '@siplet/sdk/declarations';
import { describe, expect, test } from 'vitest';
import type { DeployedSiplet, Handler } from '../../container/application/handler.js';
import { HandlerTable } from '../../container/application/handler-table.js';
import { present } from '../../container/base/present.js';
import { authenticated } from '../../container/servlet/authenticated-handler.js';

type SipletClass = new () => object;

function compile(...types: SipletClass[]): HandlerTable {
  return HandlerTable.compile(
    types.map((type) => {
      const declaration = declarationOf(type);
      const siplet: DeployedSiplet = {
        name: declaration?.name ?? type.name,
        className: type.name,
        options: {
          supervised: true,
          stateless: declaration?.options.stateless ?? false,
          sessionTimeout: 180000,
          proxyTimeout: 180000,
        },
        instance: new type(),
      };
      return { siplet, type };
    }),
    authenticated,
  );
}

function faults(...types: SipletClass[]): string {
  try {
    compile(...types);
  } catch (error) {
    expect(error).toBeInstanceOf(DeploymentError);
    return (error as Error).message;
  }
  throw new Error('the table was compiled');
}

const label = (handler: Handler | undefined) => handler?.label;

describe('RULES.md section 2, selection of requests', () => {
  @Siplet()
  class Calls {
    @Initial() any() {}
    @Invite() @Message() invite() {}
    @Subsequent() inside() {}
    @Ack() ack() {}
    @Bye() bye() {}
    @Cancel() cancelled() {}
  }
  const table = compile(Calls);

  test('a named method beats an unnamed one', () => {
    expect(label(table.initial('INVITE'))).toBe('Calls.invite');
    expect(label(table.initial('MESSAGE'))).toBe('Calls.invite');
    expect(label(table.initial('OPTIONS'))).toBe('Calls.any');
    expect(label(table.initial('FOO'))).toBe('Calls.any');
    expect(label(table.subsequent('ACK'))).toBe('Calls.ack');
    expect(label(table.subsequent('BYE'))).toBe('Calls.bye');
    expect(label(table.subsequent('INVITE'))).toBe('Calls.inside');
    expect(label(table.cancel())).toBe('Calls.cancelled');
  });

  test('methods are compared with their case', () => {
    @Siplet()
    class Upper {
      @Invite() invite() {}
    }
    expect(compile(Upper).initial('invite')).toBeUndefined();
    expect(compile(Upper).initial('__proto__')).toBeUndefined();
  });

  test('what is taken by no method is taken by nothing', () => {
    @Siplet()
    class Only {
      @Register() register() {}
    }
    const only = compile(Only);
    expect(only.initial('INVITE')).toBeUndefined();
    expect(only.subsequent('REGISTER')).toBeUndefined();
    expect(only.cancel()).toBeUndefined();
    expect(only.provisional(180, 'INVITE')).toBeUndefined();
    expect(only.best(404, 'REGISTER')).toBeUndefined();
    expect(only.branch(404, 'REGISTER')).toBeUndefined();
    expect(only.timer('x')).toBeUndefined();
    expect(only.life('sessionCreated')).toBeUndefined();
    expect(only.stateless).toBeUndefined();
    expect(only.sessionKey).toBeUndefined();
  });

  test('section 5: the methods of initial requests are known, for Allow', () => {
    @Siplet()
    class Two {
      @Invite() @Register() both() {}
      @Bye() bye() {}
    }
    expect([...compile(Two).initialMethods].sort()).toEqual(['INVITE', 'REGISTER']);
    expect(table.initialMethods).toBe('any');
  });

  test('a handler is called on its instance, with its argument', () => {
    @Siplet()
    class Greeter {
      readonly greeting = 'hello';
      @Message() greet(name: unknown) {
        return `${this.greeting} ${name}`;
      }
    }
    const handler = present(compile(Greeter).initial('MESSAGE'));
    expect(handler.invoke('bob')).toBe('hello bob');
    expect(handler.method).toBe('greet');
    expect(handler.siplet.className).toBe('Greeter');
  });

  test('inherited handlers count, and an overriding method is the one that is called', () => {
    class Base {
      @Invite() ring() {
        return 'base';
      }
      @Bye() end() {
        return 'base';
      }
    }
    @Siplet()
    class Derived extends Base {
      override ring() {
        return 'derived';
      }
    }
    const derived = compile(Derived);
    expect(present(derived.initial('INVITE')).invoke(undefined)).toBe('derived');
    expect(present(derived.subsequent('BYE')).invoke(undefined)).toBe('base');
  });
});

/** The method of Everything, below, that a response goes to. */
function expected(status: number, method: string): string {
  const registers = method === 'REGISTER';
  if (registers && status === 401) return 'registerChallenge';
  if (registers && status >= 400) return 'registerError';
  if (status === 486) return 'busy';
  if (status === 302 || (status >= 180 && status <= 189)) return 'exact';
  if (status >= 480 && status <= 489) return 'narrow';
  if (status < 200) return 'provisional';
  if (status < 300) return 'success';
  return status < 400 ? 'redirect' : 'error';
}

function chosen(table: ReturnType<typeof compile>, status: number, method: string) {
  if (status < 200) return table.provisional(status, method);
  return status < 300 ? table.success(status, method) : table.best(status, method);
}

describe('RULES.md section 2, selection of responses', () => {
  @Siplet()
  class Everything {
    @ProvisionalResponse() provisional() {}
    @SuccessResponse() success() {}
    @RedirectResponse() redirect() {}
    @ErrorResponse() error() {}
    @BestResponse() best() {}
    @BranchResponse() branch() {}
    @Status(486) busy() {}
    @Status(302) @Status([180, 189]) exact() {}
    @Status([480, 489]) narrow() {}
    @ErrorResponse('REGISTER') registerError() {}
    @Status(401, 'REGISTER') registerChallenge() {}
    @BranchResponse('REGISTER') registerBranch() {}
  }
  const table = compile(Everything);

  test.each(['INVITE', 'REGISTER', 'FOO'])('every status from 101 to 699 of %s', (method) => {
    for (let status = 101; status <= 699; status++) {
      expect(label(chosen(table, status, method)), String(status)).toBe(`Everything.${expected(status, method)}`);
    }
  });

  test('C-5 100 is nobody’s', () => {
    expect(table.provisional(100, 'INVITE')).toBeUndefined();
  });

  test('C-14 branch responses are apart from best ones', () => {
    expect(label(table.branch(486, 'INVITE'))).toBe('Everything.branch');
    expect(label(table.branch(486, 'REGISTER'))).toBe('Everything.registerBranch');
    @Siplet()
    class Best {
      @BestResponse() best() {}
      @Status(486) busy() {}
    }
    expect(compile(Best).branch(486, 'INVITE')).toBeUndefined();
  });

  test('a named method outranks the status: range with method before exact status without', () => {
    @Siplet()
    class Ranks {
      @BestResponse('INVITE') invites() {}
      @Status(486) busy() {}
    }
    expect(label(compile(Ranks).best(486, 'INVITE'))).toBe('Ranks.invites');
    expect(label(compile(Ranks).best(486, 'MESSAGE'))).toBe('Ranks.busy');
    expect(compile(Ranks).best(487, 'MESSAGE')).toBeUndefined();
  });

  test('a narrow range beats a wide one: redirect and error before best', () => {
    @Siplet()
    class Narrow {
      @BestResponse() best() {}
      @RedirectResponse() redirect() {}
    }
    expect(label(compile(Narrow).best(302, 'INVITE'))).toBe('Narrow.redirect');
    expect(label(compile(Narrow).best(404, 'INVITE'))).toBe('Narrow.best');
  });
});

describe('RULES.md section 2, life', () => {
  test('timers by name, then any', () => {
    @Siplet()
    class Timers {
      @OnTimer('tick') tick() {}
      @OnTimer() any() {}
    }
    expect(label(compile(Timers).timer('tick'))).toBe('Timers.tick');
    expect(label(compile(Timers).timer('tock'))).toBe('Timers.any');
    expect(label(compile(Timers).timer('__proto__'))).toBe('Timers.any');
  });

  test('events of sessions', () => {
    @Siplet()
    class Life {
      @SessionCreated() created() {}
      @ApplicationSessionExpired() expired() {}
      @NoAckReceived() noAck() {}
    }
    const table = compile(Life);
    expect(label(table.life('sessionCreated'))).toBe('Life.created');
    expect(label(table.life('applicationSessionExpired'))).toBe('Life.expired');
    expect(label(table.life('noAckReceived'))).toBe('Life.noAck');
    expect(table.life('noPrackReceived')).toBeUndefined();
  });

  test('C-42 the session key is a static method, called on its class', () => {
    @Siplet()
    class Keyed {
      static prefix = 'room-';
      @Invite() ring() {}
      @SessionKey() static key(request: { callId: string }) {
        return Keyed.prefix + request.callId;
      }
    }
    const key = present(compile(Keyed).sessionKey);
    expect(key({ callId: '7' } as never)).toBe('room-7');
  });
});

describe('RULES.md section 2, several siplets', () => {
  test('exactly one method of one siplet is called: the most specific of the application', () => {
    @Siplet()
    class Wide {
      @Initial() any() {}
      @BestResponse() best() {}
    }
    @Siplet()
    class Special {
      @Invite() invite() {}
      @Status(486) busy() {}
    }
    for (const table of [compile(Wide, Special), compile(Special, Wide)]) {
      expect(label(table.initial('INVITE'))).toBe('Special.invite');
      expect(label(table.initial('MESSAGE'))).toBe('Wide.any');
      expect(label(table.best(486, 'INVITE'))).toBe('Special.busy');
      expect(label(table.best(404, 'INVITE'))).toBe('Wide.best');
    }
  });

  test('equally specific over two siplets: the deployment fails', () => {
    @Siplet()
    class One {
      @Invite() ring() {}
    }
    @Siplet()
    class Other {
      @Initial('INVITE', 'MESSAGE') take() {}
    }
    expect(faults(One, Other)).toBe(
      "One.ring (@Invite()) and Other.take (@Initial('INVITE', 'MESSAGE')) are equally specific for initial INVITE requests: each message goes to exactly one method; remove one, or name SIP methods or a 'when' in its decorator",
    );
  });

  test('two siplets of one name', () => {
    @Siplet({ name: 'same' })
    class One {
      @Invite() ring() {}
    }
    @Siplet({ name: 'same' })
    class Other {
      @Bye() end() {}
    }
    expect(faults(One, Other)).toBe("One and Other are both named 'same'");
  });
});

describe('RULES.md section 2, the deployment fails', () => {
  test('two methods equally specific: requests', () => {
    @Siplet()
    class Twice {
      @Invite() a() {}
      @Invite() b() {}
      @Subsequent() c() {}
      @Subsequent() d() {}
      @Cancel() e() {}
      @Cancel() f() {}
    }
    const text = faults(Twice);
    expect(text).toContain(
      'Twice.a (@Invite()) and Twice.b (@Invite()) are equally specific for initial INVITE requests',
    );
    expect(text).toContain('Twice.c (@Subsequent()) and Twice.d (@Subsequent()) are equally specific for subsequent');
    expect(text).toContain('Twice.e (@Cancel()) and Twice.f (@Cancel()) are equally specific for CANCEL');
    expect(text.split('\n')).toHaveLength(3);
  });

  test('two methods equally specific: responses, one fault for each pair', () => {
    @Siplet()
    class Twice {
      @ErrorResponse() a() {}
      @ErrorResponse() b() {}
      @Status([477, 486]) c() {}
      @Status([486, 495]) d() {}
      @BranchResponse('INVITE') e() {}
      @BranchResponse('INVITE', 'MESSAGE') f() {}
    }
    const text = faults(Twice);
    expect(text).toContain(
      'Twice.a (@ErrorResponse()) and Twice.b (@ErrorResponse()) are equally specific for 400 responses',
    );
    expect(text).toMatch(/Twice\.c .* and Twice\.d .* are equally specific for 486 responses/);
    expect(text).toMatch(/Twice\.e .* and Twice\.f .* are equally specific for branch responses to INVITE/);
    expect(text.split('\n')).toHaveLength(3);
  });

  test('two methods equally specific: timers and life', () => {
    @Siplet()
    class Twice {
      @OnTimer('t') a() {}
      @OnTimer('t') b() {}
      @SessionCreated() c() {}
      @SessionCreated() d() {}
    }
    expect(faults(Twice)).toMatch(/Twice\.a .* and Twice\.b .* for the timer 't'/);
    expect(faults(Twice)).toMatch(/Twice\.c .* and Twice\.d .* for session created/);
  });

  test('stacked decorators that give the same method twice are not ambiguous', () => {
    @Siplet()
    class Stacked {
      @Invite() @Initial('INVITE', 'MESSAGE') a() {}
      @ErrorResponse() @Status(486) @Status([480, 486]) b() {}
    }
    const table = compile(Stacked);
    expect(label(table.initial('INVITE'))).toBe('Stacked.a');
    expect(label(table.best(486, 'INVITE'))).toBe('Stacked.b');
  });

  test('a decorator on a static method', () => {
    @Siplet()
    class Static {
      @Invite() static ring() {}
    }
    expect(faults(Static)).toContain('Static.ring (@Invite()): the method is static');
  });

  test('@SessionKey() on a method of the instance, or twice', () => {
    @Siplet()
    class Unstatic {
      @Invite() ring() {}
      // The type forbids it; a JavaScript author is told at deployment.
      key() {
        return 'x';
      }
    }
    (SessionKey() as PropertyDecorator)(Unstatic.prototype, 'key');
    expect(faults(Unstatic)).toContain('Unstatic.key (@SessionKey())');
    expect(faults(Unstatic)).toContain('must be static');

    @Siplet()
    class Two {
      @Invite() ring() {}
      @SessionKey() static a(): string {
        return 'a';
      }
      @SessionKey() static b(): string {
        return 'b';
      }
    }
    expect(faults(Two)).toContain('Two.a and Two.b are both decorated with @SessionKey()');
  });

  test('a decorator on a missing method', () => {
    @Siplet()
    class Missing {
      @Bye() end() {}
    }
    (Invite() as PropertyDecorator)(Missing.prototype, 'nowhere');
    expect(faults(Missing)).toBe(
      "Missing.nowhere (@Invite()): there is no such method: write 'nowhere(request) { … }'",
    );
  });

  test('an unknown SIP method name with lower case letters', () => {
    @Siplet()
    class Lower {
      @Initial('Invite' as 'INVITE') a() {}
      @Subsequent('Foo' as 'BYE') b() {}
      @Initial('F OO' as 'BYE') c() {}
      @Initial('FOO') fine() {}
    }
    const text = faults(Lower);
    expect(text).toContain(
      "Lower.a (@Initial('Invite')): 'Invite' is not a SIP method; method names are case-sensitive: write 'INVITE'",
    );
    expect(text).toContain("Lower.b (@Subsequent('Foo')): 'Foo' is an unknown SIP method with lower-case letters");
    expect(text).toContain('"F OO" is not a SIP method name');
    expect(text).not.toContain('fine');
  });

  test('a siplet with nothing decorated', () => {
    @Siplet()
    class Nothing {
      ring() {}
    }
    expect(faults(Nothing)).toContain('Nothing is a siplet, but none of its methods is decorated');
  });

  test('decorated methods without @Siplet()', () => {
    class Bare {
      @Invite() ring() {}
    }
    expect(faults(Bare)).toBe(
      "Bare has decorated methods but is not decorated with @Siplet(): write '@Siplet()' above the class",
    );
  });

  test('a status that no response to an application has', () => {
    @Siplet()
    class Odd {
      @Status(100) a() {}
      @Status([700, 99]) b() {}
      @Status([] as never) c() {}
      @Status([400, 404, 480] as never) d() {}
    }
    const text = faults(Odd);
    expect(text).toContain('an application never sees 100 Trying');
    expect(text).toContain('700 is not a response status');
    expect(text).toContain('99 is not a response status');
    expect(text).toMatch(/Odd\.b .*: the range ends before it begins/);
    expect(text).toMatch(/Odd\.c .*: names no status/);
    expect(text).toMatch(/Odd\.d .*: a range has a first and a last status/);
  });
});

describe('RULES.md section 6, stateless', () => {
  test('exactly one @StatelessRoute() and nothing else', () => {
    @Siplet({ stateless: true })
    class Route {
      @StatelessRoute() route() {
        return 'sip:a@b';
      }
    }
    expect(label(compile(Route).stateless)).toBe('Route.route');
    expect(compile(Route).initialMethods).toBe('any');
  });

  test('none, two, or anything beside it: the deployment fails', () => {
    @Siplet({ stateless: true })
    class Beside {
      @StatelessRoute() route() {
        return 'sip:a@b';
      }
      @Bye() end() {}
    }
    expect(faults(Beside)).toContain(
      'Beside is stateless, so only its @StatelessRoute() would ever be called: Beside.end',
    );
    @Siplet({ stateless: true })
    class Two {
      @StatelessRoute() a() {
        return 'sip:a@b';
      }
      @StatelessRoute() b() {
        return 'sip:a@b';
      }
    }
    expect(faults(Two)).toContain('Two is stateless and has more than one routing function');
    @Siplet({ stateless: true })
    class None {
      @Invite() ring() {}
    }
    expect(faults(None)).toContain('None is stateless, but none of its methods is decorated with @StatelessRoute()');
    @Siplet({ stateless: false })
    class Stateful {
      @StatelessRoute() route() {
        return 'sip:a@b';
      }
    }
    expect(faults(Stateful)).toContain('@StatelessRoute() makes a siplet stateless: leave out stateless: false');
  });

  test('a stateless siplet is an application of its own', () => {
    @Siplet({ stateless: true })
    class Route {
      @StatelessRoute() route() {
        return 'sip:a@b';
      }
    }
    @Siplet()
    class Calls {
      @Invite() ring() {}
    }
    expect(faults(Calls, Route)).toContain('Calls would never be called');
  });
});

test('RULES.md section 2 a deployment prints its handler table', () => {
  @Siplet()
  class ReachMe {
    @Invite() ring() {}
    @Initial() other() {}
    @BestResponse('INVITE') voicemail() {}
    @Status([486, 600]) busy() {}
    @Bye() end() {}
    @Cancel() gone() {}
    @BranchResponse() branch() {}
    @OnTimer('patience') late() {}
    @OnTimer() timer() {}
    @ApplicationSessionExpired() expired() {}
    @SessionKey() static key(): string {
      return 'a';
    }
  }
  expect(compile(ReachMe).lines()).toMatchInlineSnapshot(`
    [
      "initial INVITE                 → ReachMe.ring",
      "initial any                    → ReachMe.other",
      "response 300-699 to INVITE     → ReachMe.voicemail",
      "response 486-600 to any        → ReachMe.busy",
      "subsequent BYE                 → ReachMe.end",
      "CANCEL                         → ReachMe.gone",
      "branch response 300-699 to any → ReachMe.branch",
      "timer patience                 → ReachMe.late",
      "timer any                      → ReachMe.timer",
      "application session expired    → ReachMe.expired",
      "session key                    → ReachMe.key (static)",
    ]
  `);
});
