// RULES.md section 2: what each decorator leaves on a class.
import * as sdk from '@siplet/sdk';
import {
  Ack,
  ApplicationRouter,
  BestResponse,
  Bye,
  Cancel,
  Initial,
  Invite,
  OnTimer,
  type ReadonlySipRequest,
  type RouterInfo,
  SessionKey,
  type SipApplicationRouter,
  Siplet,
  type SipRequest,
  type SipResponse,
  type SipSession,
  type SipTimer,
  SipUri,
  StatelessRoute,
  Status,
  Subsequent,
  SuccessResponse,
} from '@siplet/sdk';
import { CONFIG, declarationOf, handlersOf, isApplicationRouter } from '@siplet/sdk/declarations';
import { Container, inject, injectable } from 'inversify';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';

type Factory = (...args: unknown[]) => (target: object, property: string, descriptor: PropertyDescriptor) => void;

const decorators: Record<string, unknown> = { ...sdk };

/** What a decorator notes when it is put on a method. */
function noted(name: string, ...args: unknown[]) {
  class Plain {
    method(): void {}
  }
  (decorators[name] as Factory)(...args)(
    Plain.prototype,
    'method',
    present(Object.getOwnPropertyDescriptor(Plain.prototype, 'method')),
  );
  const [{ property, isStatic, ...rest }] = handlersOf(Plain) as [ReturnType<typeof handlersOf>[0]];
  expect([property, isStatic]).toEqual(['method', false]);
  return rest;
}

describe('RULES.md section 2: requests', () => {
  test.each([
    ['Initial', 'initial'],
    ['Subsequent', 'subsequent'],
  ] as const)('@%s takes methods, or any', (name, kind) => {
    expect(noted(name)).toEqual({ decorator: `@${name}()`, kind, methods: [] });
    expect(noted(name, 'INVITE', 'FOO')).toEqual({
      decorator: `@${name}('INVITE', 'FOO')`,
      kind,
      methods: ['INVITE', 'FOO'],
    });
  });
  test.each(['Invite', 'Register', 'Options', 'Message', 'Subscribe', 'Refer', 'Publish'] as const)(
    '@%s() is short for @Initial',
    (name) => {
      expect(noted(name)).toEqual({ decorator: `@${name}()`, kind: 'initial', methods: [name.toUpperCase()] });
    },
  );
  test.each(['Ack', 'Bye', 'Prack', 'Update', 'Info', 'Notify'] as const)('@%s() is short for @Subsequent', (name) => {
    expect(noted(name)).toEqual({ decorator: `@${name}()`, kind: 'subsequent', methods: [name.toUpperCase()] });
  });
  test('@Cancel() and @StatelessRoute()', () => {
    expect(noted('Cancel')).toEqual({ decorator: '@Cancel()', kind: 'cancel', methods: ['CANCEL'] });
    expect(noted('StatelessRoute')).toEqual({ decorator: '@StatelessRoute()', kind: 'stateless', methods: [] });
  });
});

describe('RULES.md section 2: responses', () => {
  test.each([
    ['ProvisionalResponse', 'provisional'],
    ['SuccessResponse', 'success'],
    ['RedirectResponse', 'redirect'],
    ['ErrorResponse', 'error'],
    ['BestResponse', 'best'],
    ['BranchResponse', 'branch'],
  ] as const)('@%s narrows to methods', (name, kind) => {
    expect(noted(name)).toEqual({ decorator: `@${name}()`, kind, methods: [] });
    expect(noted(name, 'BYE')).toEqual({ decorator: `@${name}('BYE')`, kind, methods: ['BYE'] });
  });
  test('@Status takes a status or a range, and methods', () => {
    expect(noted('Status', 486)).toEqual({
      decorator: '@Status(486)',
      kind: 'status',
      methods: [],
      statuses: [486],
    });
    expect(noted('Status', [480, 489], 'INVITE')).toEqual({
      decorator: "@Status([480, 489], 'INVITE')",
      kind: 'status',
      methods: ['INVITE'],
      statuses: [480, 489],
    });
  });
  test('a typo is noted, not thrown: the deployment names it', () => {
    expect(noted('Initial', 'invite').methods).toEqual(['invite']);
    expect(noted('Status').statuses).toEqual([]);
    expect(noted('Status', [486, 480]).statuses).toEqual([486, 480]);
  });
});

describe('RULES.md section 2: life', () => {
  test.each([
    ['SessionCreated', 'sessionCreated'],
    ['SessionDestroyed', 'sessionDestroyed'],
    ['SessionReadyToInvalidate', 'sessionReadyToInvalidate'],
    ['ApplicationSessionCreated', 'applicationSessionCreated'],
    ['ApplicationSessionDestroyed', 'applicationSessionDestroyed'],
    ['ApplicationSessionExpired', 'applicationSessionExpired'],
    ['ApplicationSessionReadyToInvalidate', 'applicationSessionReadyToInvalidate'],
    ['NoAckReceived', 'noAckReceived'],
    ['NoPrackReceived', 'noPrackReceived'],
    ['SessionKey', 'sessionKey'],
  ] as const)('@%s()', (name, kind) => expect(noted(name)).toEqual({ decorator: `@${name}()`, kind, methods: [] }));
  test('@OnTimer with a name and without', () => {
    expect(noted('OnTimer')).toEqual({ decorator: '@OnTimer()', kind: 'timer', methods: [] });
    expect(noted('OnTimer', 'ring')).toEqual({
      decorator: "@OnTimer('ring')",
      kind: 'timer',
      methods: [],
      timer: 'ring',
    });
  });
});

describe('RULES.md section 2: classes', () => {
  test('the name is the class name in kebab-case', () => {
    const nameOf = (type: new () => object) => {
      Siplet()(type);
      return present(declarationOf(type)).name;
    };
    expect([
      nameOf(class ReachMe {}),
      nameOf(class SIPHunt {}),
      nameOf(class B2bua {}),
      nameOf(class My_App2Go {}),
      nameOf(class A {}),
    ]).toEqual(['reach-me', 'sip-hunt', 'b2bua', 'my-app2-go', 'a']);
  });
  test('options are kept as they were given', () => {
    @Siplet({ name: 'x', supervised: false, sessionTimeout: '10m' })
    class Named {}
    expect(declarationOf(Named)).toEqual({
      name: 'x',
      options: { name: 'x', supervised: false, sessionTimeout: '10m' },
      handlers: [],
    });
  });
  test('decorators stack, and are in the order of the source', () => {
    @Siplet()
    class Stacked {
      @Invite()
      @Status(486)
      @OnTimer('a')
      @Bye()
      first(): void {}
      @Cancel()
      second(): void {}
    }
    expect(
      present(declarationOf(Stacked)).handlers.map(({ decorator, property }) => `${decorator} ${String(property)}`),
    ).toEqual(['@Invite() first', '@Status(486) first', "@OnTimer('a') first", '@Bye() first', '@Cancel() second']);
  });
  test('methods of a base class are inherited, before the class’s own', () => {
    class Base {
      @Invite() ring(_: SipRequest): void {}
      @Bye() end(): void {}
      @SessionKey() static key(): undefined {}
    }
    @Siplet()
    class Derived extends Base {
      override ring(_: SipRequest): void {}
      @Ack() override end(): void {}
      @Cancel() cancel(): void {}
    }
    class Undecorated extends Derived {}
    expect(handlersOf(Derived).map(({ decorator, property, isStatic }) => [decorator, property, isStatic])).toEqual([
      ['@Invite()', 'ring', false],
      ['@SessionKey()', 'key', true],
      ['@Ack()', 'end', false],
      ['@Cancel()', 'cancel', false],
    ]);
    expect(handlersOf(Base).map(({ decorator }) => decorator)).toEqual(['@Invite()', '@Bye()', '@SessionKey()']);
    expect([declarationOf(Base), declarationOf(Undecorated)]).toEqual([undefined, undefined]);
    expect(handlersOf(Undecorated)).toEqual(handlersOf(Derived));
  });
  test('a static method is noted as such', () => {
    class Statics {
      @Invite() static ring(): void {}
      @Invite() ring(): void {}
    }
    expect(
      handlersOf(Statics)
        .map(({ isStatic }) => isStatic)
        .sort(),
    ).toEqual([false, true]);
  });
  test('a value that is not a class has no declarations', () => {
    for (const target of [undefined, null, 1, 'x', {}, () => 0, function f() {}]) {
      expect([declarationOf(target), handlersOf(target), isApplicationRouter(target)]).toEqual([undefined, [], false]);
    }
  });
  test('@ApplicationRouter() marks a router', () => {
    @ApplicationRouter()
    class Router implements SipApplicationRouter {
      getNextApplication(request: ReadonlySipRequest): RouterInfo {
        return { nextApplicationName: request.method };
      }
    }
    class Derived extends Router {}
    expect([isApplicationRouter(Router), isApplicationRouter(Derived), declarationOf(Router)]).toEqual([
      true,
      false,
      undefined,
    ]);
  });
});

describe('RULES.md section 1: injection', () => {
  test('a siplet is injectable by token and by class', () => {
    @injectable()
    class Directory {}
    @Siplet()
    class Injected {
      constructor(
        @inject(CONFIG) readonly config: { greeting: string },
        readonly directory: Directory,
      ) {}
    }
    const container = new Container({ defaultScope: 'Singleton' });
    container.bind(CONFIG).toConstantValue({ greeting: 'hi' });
    container.bind(Directory).toSelf();
    container.bind(Injected).toSelf();
    const siplet = container.get(Injected);
    expect(siplet).toBe(container.get(Injected));
    expect([siplet.config.greeting, siplet.directory]).toEqual(['hi', container.get(Directory)]);
  });
  test('@injectable() below @Siplet() does no harm', () => {
    @Siplet()
    @injectable()
    class Both {}
    expect(present(declarationOf(Both)).name).toBe('both');
  });
  test('each service of the SDK is a class of its own', () => {
    expect(new Set([sdk.SipFactory, sdk.Sessions, sdk.Logger, sdk.Metrics, sdk.Authentication]).size).toBe(5);
    expect(CONFIG).toBe(Symbol.for('siplet.config'));
  });
});

describe('RULES.md section 2: types of handlers (checked by tsc)', () => {
  test('a method that takes something else does not compile', () => {
    class Wrong {
      // @ts-expect-error a request handler takes a request
      @Invite() a(_: SipResponse): void {}
      // @ts-expect-error a response handler takes a response
      @BestResponse() b(_: SipRequest): void {}
      // @ts-expect-error a timer handler takes a timer
      @OnTimer() c(_: SipSession): void {}
      // @ts-expect-error nothing gives a second parameter
      @Subsequent() d(_: SipRequest, _second: string): void {}
      // @ts-expect-error a stateless route returns a URI, and no promise of one
      @StatelessRoute() async e(_: ReadonlySipRequest): Promise<string> {
        return 'sip:h';
      }
      @StatelessRoute() f(request: ReadonlySipRequest): string {
        // @ts-expect-error a stateless route cannot proxy by itself
        request.proxy();
        return '';
      }
      // @ts-expect-error a status is a number
      @Status('486') g(_: SipResponse): void {}
    }
    expect(handlersOf(Wrong)).toHaveLength(7);
  });
  test('these compile', () => {
    class Right {
      @Initial('INVITE', 'FOO') a(_: SipRequest): void {}
      @Invite() async b(request: SipRequest): Promise<string> {
        request.uri = 'sip:h';
        request.proxy({ recordRoute: true }).proxyTo(['sip:a', new SipUri({ host: 'b' })]);
        return request.uri.toString();
      }
      @SuccessResponse('INVITE') async c(response: SipResponse): Promise<void> {
        await response.createAck().send();
      }
      @Invite() @Bye() d(_: sdk.SipMessage): void {}
      @OnTimer('x') e(timer: SipTimer): void {
        timer.applicationSession.attributes.set('fired', { at: [1, null] });
      }
      @SessionKey() static f(request: SipRequest): string | undefined {
        return request.headers.get('X-Key');
      }
      @StatelessRoute() g(request: ReadonlySipRequest) {
        return request.method === 'INVITE' ? 'sip:h' : request.uri;
      }
      @Invite() h(): void {}
    }
    expect(handlersOf(Right)).toHaveLength(9);
  });
});
