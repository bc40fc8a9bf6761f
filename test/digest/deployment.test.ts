// A wrong @Authenticated is reported at deployment, and the handler table shows what it guards (RULES.md section 2).
import {
  Ack,
  Authenticated,
  BestResponse,
  Bye,
  Cancel,
  DeploymentError,
  Initial,
  Invite,
  OnTimer,
  Siplet,
  Subsequent,
} from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import type { DeployedSiplet } from '../../container/application/handler.js';
import { HandlerTable } from '../../container/application/handler-table.js';
import { authenticated } from '../../container/servlet/authenticated-handler.js';

type SipletClass = new () => object;

function compile(type: SipletClass): HandlerTable {
  const options = { supervised: true, stateless: false, sessionTimeout: 180000, proxyTimeout: 180000 };
  const siplet: DeployedSiplet = { name: type.name, className: type.name, options, instance: new type() };
  return HandlerTable.compile([{ siplet, type }], authenticated);
}

function problems(type: SipletClass): readonly string[] {
  try {
    compile(type);
  } catch (error) {
    if (error instanceof DeploymentError) return error.problems;
    throw error;
  }
  return [];
}

const GOOD = { realm: 'example.com', users: () => 'x' };

describe('the handler table', () => {
  test('shows which methods are authenticated, and in which realm', () => {
    @Siplet()
    class Gate {
      @Authenticated({ ...GOOD, users: 'passwordOf' }) @Invite() call() {}
      @Initial() @Authenticated({ ...GOOD, realm: 'example.org' }) @Subsequent('BYE') other() {}
      @Ack() ack() {}
      passwordOf() {}
    }
    expect(compile(Gate).lines()).toEqual([
      "initial INVITE → Gate.call, authenticated in 'example.com'",
      "initial any    → Gate.other, authenticated in 'example.org'",
      "subsequent BYE → Gate.other, authenticated in 'example.org'",
      'subsequent ACK → Gate.ack',
    ]);
  });

  test('a class inherits it with the method, even if it overrides or decorates the method again; it can say otherwise', () => {
    @Siplet()
    class Base {
      @Authenticated(GOOD) @Invite() call() {}
    }
    @Siplet()
    class Overriding extends Base {
      override call() {}
    }
    @Siplet()
    class Decorating extends Base {
      @Initial() override call() {}
    }
    @Siplet()
    class Saying extends Base {
      @Authenticated({ ...GOOD, realm: 'other' }) @Invite() override call() {}
    }
    expect([Overriding, Decorating, Saying].map((type) => compile(type).lines()[0])).toEqual([
      "initial INVITE → Overriding.call, authenticated in 'example.com'",
      "initial any → Decorating.call, authenticated in 'example.com'",
      "initial INVITE → Saying.call, authenticated in 'other'",
    ]);
  });
});

describe('the deployment fails', () => {
  test('where the method takes no requests that can be answered', () => {
    @Siplet()
    class Wrong {
      @Authenticated(GOOD) undecorated() {}
      @(Authenticated(GOOD) as MethodDecorator) @BestResponse() response() {}
      @(Authenticated(GOOD) as MethodDecorator) @OnTimer() timer() {}
      @Authenticated(GOOD) @Ack() ack() {}
      @Authenticated(GOOD) @Cancel() cancel() {}
      @Authenticated(GOOD) static never() {}
      @Authenticated(GOOD) @Authenticated(GOOD) @Bye() twice() {}
      @Authenticated(GOOD) @Subsequent('ACK', 'BYE') fine() {}
    }
    expect(problems(Wrong).filter((line) => line.includes('@Authenticated()'))).toEqual([
      'Wrong.undecorated (@Authenticated()): the method takes no requests: add @Invite() or another decorator for requests',
      'Wrong.response (@Authenticated()): @BestResponse() takes no requests that can be answered',
      'Wrong.timer (@Authenticated()): @OnTimer() takes no requests that can be answered',
      'Wrong.ack (@Authenticated()): @Ack(): ACK and CANCEL cannot be challenged, because they cannot be sent again (§22.1)',
      'Wrong.cancel (@Authenticated()): @Cancel(): ACK and CANCEL cannot be challenged, because they cannot be sent again (§22.1)',
      "Wrong.never (@Authenticated()): the method is static; messages go to methods of the instance: remove 'static'",
      'Wrong.twice (@Authenticated()): the method has it twice',
    ]);
  });

  test.each<[unknown, string]>([
    [undefined, "realm is missing: a domain of yours, such as 'example.com'"],
    [{ users: GOOD.users }, "realm is missing: a domain of yours, such as 'example.com'"],
    [{ realm: 'r' }, "users is missing: give a function, or the name of the method that returns a user's password"],
    [{ realm: 'r', users: 'nowhere' }, "users is 'nowhere', but there is no such method"],
    [{ ...GOOD, algorithms: ['SHA-256', 'CRC-32'] }, 'the algorithm CRC-32 is unknown'],
    [{ ...GOOD, algorithms: 'MD5' }, 'algorithms is not a list of at least one algorithm'],
    [{ ...GOOD, qop: [] }, "qop is not a list of 'auth' and 'auth-int'"],
    [{ ...GOOD, proxy: 'yes' }, 'proxy is neither true nor false'],
    [{ ...GOOD, withoutQop: 1 }, 'withoutQop is neither true nor false'],
  ])('for the options %j', (options, problem) => {
    @Siplet()
    class Wrong {
      @Authenticated(options as never) @Invite() call() {}
    }
    expect(problems(Wrong)).toContain(`Wrong.call (@Authenticated()): ${problem}`);
  });
});
