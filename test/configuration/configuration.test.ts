// siplet.yaml: RULES.md section 8.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ConfigurationError,
  configurationKeys,
  defaultConfiguration,
  listenText,
  parseConfiguration,
  readConfiguration,
} from '../../container/configuration/configuration.js';

function faults(text: string, overrides = {}): string {
  try {
    parseConfiguration(text, 'siplet.yaml', overrides);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('no fault was found');
}

describe('RULES.md section 8, configuration', () => {
  test('every key has a default: without a file', () => {
    const configuration = defaultConfiguration();
    expect(configuration.listen.map(listenText)).toEqual(['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060']);
    expect(configuration.admin).toEqual({ address: '127.0.0.1', port: 8060 });
    expect(configuration.timers).toEqual({ t1: 500, t2: 4000, t4: 5000, timerC: 185_000 });
    expect(configuration.deploy).toEqual({
      watch: true,
      typeCheck: 'warn',
      drainTimeout: 3_600_000,
      store: '.siplet',
      archiveSize: 67_108_864,
    });
    expect(configuration.limits.handlerTimeout).toBe(10_000);
    expect(configuration.limits.udpMtu).toBe(1300);
    expect(configuration.domains).toEqual([]);
    expect(configuration.router.order.size).toBe(0);
    expect(configuration.apps.size).toBe(0);
    expect(configuration.file).toBeUndefined();
  });

  test('every key of RULES.md section 8 is there, and described', () => {
    const tops = new Set(configurationKeys().map(({ key }) => key.split('.')[0]));
    const contract = 'listen admin domains router apps proxy timers limits deploy shutdown store tls log trace';
    // And what RULES.md does not name.
    expect([...tops].sort()).toEqual([...contract.split(' '), 'workers'].sort());
    for (const key of configurationKeys()) expect(key.meaning, key.key).not.toBe('');
  });

  test('a whole file', () => {
    const configuration = parseConfiguration(`
listen: [udp:0.0.0.0:5060, 'tcp:[::1]:0']
admin: off
domains: [example.com]
router:
  application: chooser
  INVITE: [screen, hunt]
  '*': reach-me
apps:
  reach-me: { targets: { bob: [sip:bob@10.0.0.4] } }
timers: { t1: 100ms, timerC: 4m }
shutdown: { timeout: 5s }
log: { level: debug }
`);
    expect(configuration.listen).toEqual([
      { transport: 'udp', address: '0.0.0.0', port: 5060 },
      { transport: 'tcp', address: '::1', port: 0 },
    ]);
    expect(configuration.admin).toBe('off');
    expect(configuration.router.application).toBe('chooser');
    expect([...configuration.router.order]).toEqual([
      ['INVITE', ['screen', 'hunt']],
      ['*', ['reach-me']],
    ]);
    expect(configuration.apps.get('reach-me')).toEqual({ targets: { bob: ['sip:bob@10.0.0.4'] } });
    expect(configuration.timers).toMatchObject({ t1: 100, t2: 4000, timerC: 240_000 });
    expect(configuration.shutdown.timeout).toBe(5000);
    expect(configuration.log.level).toBe('debug');
  });

  test('an empty section is as an absent one', () => {
    expect(parseConfiguration('timers:\nrouter:\napps:\n').timers.t1).toBe(500);
  });

  test('faults carry file, line and column', () => {
    expect(faults('timers:\n  t1: soon\n')).toBe(
      "siplet.yaml:2:3: timers.t1: must be milliseconds or a text such as '500ms', '10s', '3m', '1h', not \"soon\"",
    );
    expect(faults('log: { level: loud }')).toContain('siplet.yaml:1:8: log.level: must be trace, debug');
    expect(faults('listen:\n  - udp:127.0.0.1:5060\n  - sctp:127.0.0.1:5060\n')).toContain(
      "siplet.yaml:3:5: listen.1: 'sctp:127.0.0.1:5060' does not begin with a transport",
    );
    expect(faults('listen: udp:1.2.3.4:99999')).toContain(
      "siplet.yaml:1:1: listen: 'udp:1.2.3.4:99999': '99999' is not a port",
    );
    expect(faults('listen: udp:example.com:5060')).toContain("'example.com' is not a numeric IPv4 address");
    expect(faults("listen: 'udp:::1:5060'")).toContain('brackets');
    expect(faults('timers: { timerC: 60s }')).toContain('more than 3 minutes');
  });

  test('unknown keys are refused, with their place', () => {
    expect(faults('log:\n  level: info\n  colour: yes\n')).toBe('siplet.yaml:3:3: log.colour: there is no such key');
    expect(faults('listn: udp:127.0.0.1:5060\n')).toBe('siplet.yaml:1:1: listn: there is no such key');
  });

  test('several faults are told at once', () => {
    expect(faults('timers: { t1: -1, t2: x }').split('\n')).toHaveLength(2);
  });

  test('text that is not YAML, and YAML that is not a map', () => {
    expect(faults('a: [1, 2')).toMatch(/^siplet\.yaml:1:\d+: /);
    expect(faults('- 1\n')).toBe('siplet.yaml:1:1: must be a map of keys and values');
    expect(faults('log: {}\nlog: {}\n')).toMatch(/^siplet\.yaml:2:1: /);
  });

  test('RULES.md section 9: an admin address beyond loopback needs a token', () => {
    expect(faults('admin: 0.0.0.0:8060')).toContain('a token is required');
    expect(parseConfiguration('admin: { listen: 0.0.0.0:8060, token: secret }').admin).toEqual({
      address: '0.0.0.0',
      port: 8060,
      token: 'secret',
    });
  });

  test('RULES.md section 9: the token may come from the environment', () => {
    process.env.SIPLET_TOKEN = 'secret';
    try {
      const address = { address: '0.0.0.0', port: 8060 };
      expect(parseConfiguration('admin: 0.0.0.0:8060').admin).toEqual({ ...address, token: 'secret' });
      expect(parseConfiguration('admin: { listen: 0.0.0.0, token: own }').admin).toEqual({ ...address, token: 'own' });
      expect(parseConfiguration('admin: 127.0.0.1').admin).toEqual({ address: '127.0.0.1', port: 8060 });
    } finally {
      delete process.env.SIPLET_TOKEN;
    }
  });

  test('router methods are written in capitals', () => {
    expect(faults('router: { Invite: [a] }')).toContain("siplet.yaml:1:11: router.Invite: 'Invite' is neither");
    expect(faults('router: { INVITE: 5 }')).toContain(
      'siplet.yaml:1:11: router.INVITE: must be a list of application names',
    );
  });

  test('the command line outranks the file, and its faults say so', () => {
    const overrides = { listen: ['udp:127.0.0.1:0'], admin: 'off', logLevel: 'warn', watch: false };
    const configuration = parseConfiguration(
      'listen: tcp:127.0.0.1:5060\nlog: { format: json }',
      'siplet.yaml',
      overrides,
    );
    expect(configuration.listen.map(listenText)).toEqual(['udp:127.0.0.1:0']);
    expect(configuration.admin).toBe('off');
    expect(configuration.log).toEqual({ level: 'warn', format: 'json' });
    expect(configuration.deploy.watch).toBe(false);
    expect(faults('', { listen: ['nonsense'] })).toMatch(/^--listen: 'nonsense' /);
    expect(faults('', { logLevel: 'loud' })).toMatch(/^--log-level: must be /);
  });

  test('a file that was asked for must exist; siplet.yaml need not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'siplet-'));
    try {
      expect(() => readConfiguration(join(folder, 'none.yaml'))).toThrow(/none\.yaml: there is no such file/);
      writeFileSync(join(folder, 'a.yaml'), 'domains: [example.org]\n');
      expect(readConfiguration(join(folder, 'a.yaml'))).toMatchObject({
        domains: ['example.org'],
        file: join(folder, 'a.yaml'),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('A13 an application named __proto__ or constructor is an application like another', () => {
    const { apps } = parseConfiguration('apps: { constructor: { a: 1 }, __proto__: { b: 2 } }');
    expect(apps.get('toString')).toBeUndefined();
    expect(apps.get('constructor')).toEqual({ a: 1 });
    expect(({} as Record<string, unknown>).b).toBeUndefined();
  });
});
