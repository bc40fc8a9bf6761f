// What is typed wrong, and what fails: one clear line on standard error each, and the exit status (RULES.md section 8).
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { folder, siplet } from '../deployment/folder.js';
import { packed } from '../deployment/pack.js';
import { packageOf, running } from '../http/running-container.js';
import { command } from './command.js';

const BIN = fileURLToPath(new URL('../../container/bin/siplet.js', import.meta.url));

/** The files in the folder that DIR means below. */
const FILES = {
  'text.txt': 'text',
  'none-decorated.ts': 'export const x = 1;\n',
  'hunt.ts': siplet('Hunt'),
  'no-manifest/x': '',
  'no-json/package.json': '{',
  'no-name/package.json': '{}',
  'no-version/package.json': '{"name":"a"}',
  'no-entry/package.json': '{"name":"a","version":"1.0.0"}',
  'odd-entry/package.json': '{"name":"a","version":"1.0.0","siplet":{"entry":"none.ts"}}',
  'full/precious.txt': '',
  'bad.tgz': 'no archive',
};

describe('RULES.md section 8, exit status 2: wrong usage, told in one line with the command whose help says more', () => {
  test.each<[words: string[], line: string]>([
    [['dance'], "unknown command 'dance'"],
    [['dance', '--help'], "unknown command 'dance'"],
    [['help', 'dance'], "unknown command 'dance'"],
    [['rnu'], "unknown command 'rnu': did you mean 'run'?"],
    [['--dance'], "unknown option '--dance'"],
    [['run', '--dance'], "unknown option '--dance'"],
    [['run', '--lisen', 'x'], "unknown option '--lisen': did you mean '--listen'?"],
    [['run', '--no-watch=1'], "unknown option '--no-watch=1': did you mean '--no-watch'?"],
    [['run', '--listen'], "option '-l, --listen <address>' argument missing"],
    [['run', 'a', 'b'], "too many arguments for 'run'. Expected 1 argument but got 2"],
    [['run', ''], 'DIR: it is empty'],
    [['run', '--config', ''], '--config: it is empty'],
    [
      ['run', '--listen', 'nonsense'],
      "--listen: 'nonsense' does not begin with a transport (udp, tcp, tls, ws, wss): write for example udp:127.0.0.1:5060",
    ],
    [['run', '-l', 'udp:127.0.0.1:70000'], "--listen: 'udp:127.0.0.1:70000': '70000' is not a port (0-65535)"],
    [
      ['run', '-l', 'udp:127.0.0.1', '-l', 'udp:example.com'],
      "--listen: 'udp:example.com': 'example.com' is not a numeric IPv4 address",
    ],
    [['run', '-l', 'udp:::1'], "--listen: 'udp:::1': an IPv6 address is written in brackets: [::1]"],
    [
      ['run', '--admin', 'on'],
      "--admin: 'on': 'on' is not a numeric IPv4 address; write for example 127.0.0.1:8060, or off",
    ],
    [
      ['run', '--admin', '127.0.0.1:99999'],
      "--admin: '127.0.0.1:99999': '99999' is not a port (0-65535); write for example 127.0.0.1:8060, or off",
    ],
    [['run', '--workers', '0'], "--workers: '0' is neither a number from 1 to 32 nor auto"],
    [['run', '--workers', '33'], "--workers: '33' is neither a number from 1 to 32 nor auto"],
    [['run', '--workers', '1.5'], "--workers: '1.5' is neither a number from 1 to 32 nor auto"],
    [['run', '--workers', 'many'], "--workers: 'many' is neither a number from 1 to 32 nor auto"],
    [
      ['run', '--log-level', 'loud'],
      "--log-level: 'loud' is not one of trace, debug, info, warn, error, fatal, silent",
    ],
    [['run', '--log-level', 'a\nb'], "--log-level: 'a?b' is not one of trace, debug, info, warn, error, fatal, silent"],
    [['check'], "missing required argument 'PATH'"],
    [['check', 'a', 'b'], "too many arguments for 'check'. Expected 1 argument but got 2"],
    [['new'], "missing required argument 'DIR'"],
    [['new', 'a', 'b'], "too many arguments for 'new'. Expected 1 argument but got 2"],
    [['deploy'], "missing required argument 'PATH'"],
    [['deploy', ''], 'PATH: it is empty'],
    [['undeploy'], "missing required argument 'NAME'"],
    [['undeploy', 'a', 'b'], "too many arguments for 'undeploy'. Expected 1 argument but got 2"],
    [['undeploy', ''], "NAME: '' is not the name of an application"],
    [['undeploy', '..'], "NAME: '..' is not the name of an application"],
    [['rollback'], "missing required argument 'NAME'"],
    [['rollback', 'a/b'], "NAME: 'a/b' is not the name of an application"],
    [['apps', 'x'], "too many arguments for 'apps'. Expected 0 arguments but got 1"],
    [['calls', 'x'], "too many arguments for 'calls'. Expected 0 arguments but got 1"],
    [['trace'], "missing required argument 'CALL-ID'"],
    [['trace', ''], 'CALL-ID: it is empty'],
    [['trace', 'a', '--admin', 'off'], "--admin: 'off' is not an address such as 127.0.0.1:8060"],
    [['apps', '--admin', ''], "--admin: '' is not an address such as 127.0.0.1:8060"],
    [['apps', '--admin', '127.0.0.1:99999'], "--admin: '127.0.0.1:99999' is not an address such as 127.0.0.1:8060"],
    [['apps', '--admin', 'ftp://127.0.0.1'], "--admin: 'ftp://127.0.0.1' is not an address such as 127.0.0.1:8060"],
    [['apps', '--admin', '127.0.0.1/api'], "--admin: '127.0.0.1/api' is not an address such as 127.0.0.1:8060"],
    [['apps', '--token', ''], '--token: a token consists of visible characters, without spaces'],
    [['apps', '--token', 'a b'], '--token: a token consists of visible characters, without spaces'],
  ])('%j', async (words, line) => {
    const help = /^(dance|help|rnu|--)/.test(present(words[0])) ? 'siplet --help' : `siplet ${words[0]} --help`;
    expect(await command(...words)).toEqual({ status: 2, out: '', err: `siplet: ${line} (${help} says more)\n` });
  });

  test('no command: the help, on standard error', async () => {
    expect(await command()).toEqual({ status: 2, out: '', err: (await command('--help')).out });
  });

  test('an admin address beyond loopback that has no token', async () => {
    expect(await command('run', '--admin', '0.0.0.0:8060')).toEqual({
      status: 2,
      out: '',
      err: 'siplet: --admin: 0.0.0.0 is not a loopback address: a token is required: admin: { listen, token }, or SIPLET_TOKEN of the environment\n',
    });
  });
});

describe('RULES.md section 8, exit status 1: what is in the way, in one line', () => {
  test.each<[words: string[], line: string]>([
    [['check', 'DIR/none'], 'DIR/none: there is no such file or directory'],
    [
      ['check', 'DIR/text.txt'],
      'DIR/text.txt: is neither a directory with a package.json nor a .ts, .js, .mts or .mjs file',
    ],
    [
      ['check', 'DIR/none-decorated.ts'],
      "DIR/none-decorated.ts:1:1: its entry module exports no class that is decorated with @Siplet(): write '@Siplet()' above a class and export it",
    ],
    [['check', 'DIR/no-manifest'], "DIR/no-manifest: has no package.json: run 'npm init', or deploy one file"],
    [['check', 'DIR/no-name'], 'DIR/no-name/package.json:1:1: has no name: write "name": "my-app"'],
    [['check', 'DIR/no-version'], 'DIR/no-version/package.json:1:1: has no version: write "version": "1.0.0"'],
    [['check', 'DIR/hunt.ts', '--config', 'DIR/none.yaml'], 'DIR/none.yaml: there is no such file'],
    [['check', 'DIR/hunt.ts', '--config', 'DIR/full'], 'DIR/full: is a directory, not a file'],
    [['run', 'DIR', '--config', 'DIR/none.yaml'], 'DIR/none.yaml: there is no such file'],
    [['deploy', 'DIR/none'], 'DIR/none: there is no such file or directory'],
    [['deploy', 'DIR/none.tgz'], 'DIR/none.tgz: there is no such file or directory'],
    [
      ['deploy', 'DIR/text.txt'],
      'DIR/text.txt: is neither a directory with a package.json nor a .ts, .js, .mts or .mjs file',
    ],
    [['deploy', 'DIR/bad.tgz'], 'DIR/bad.tgz: incorrect header check'],
    [
      ['deploy', 'DIR/odd-entry'],
      "DIR/odd-entry/package.json:1:41: siplet.entry is 'none.ts', but there is no such file: correct the name, or build it first",
    ],
    [['new', 'DIR/full'], 'DIR/full: is not empty'],
    [
      ['new', 'DIR/A Name'],
      "'A Name' is not a name for an application: write small letters and digits, words separated by '-', for example reach-me",
    ],
  ])('%j', async (words, line) => {
    const root = folder(FILES);
    const { status, out, err } = await command(...words.map((word) => word.replace('DIR', root)));
    expect({ status, out, err: err.replaceAll(root, 'DIR') }).toEqual({ status: 1, out: '', err: `siplet: ${line}\n` });
  });

  test.each([
    [['check', 'DIR/no-json'], /^siplet: DIR\/no-json\/package\.json:1:2: the JSON is wrong: .*\n$/],
    [['check', 'DIR/no-entry'], /^siplet: DIR\/no-entry\/package\.json:1:1: names no entry .*\n$/],
    [['new', 'DIR/text.txt/inside'], /^siplet: DIR\/text\.txt\/inside: cannot be written: .*\n$/],
  ])('%j, in the words of the host', async (words, line) => {
    const root = folder(FILES);
    const { status, out, err } = await command(...words.map((word) => word.replace('DIR', root)));
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err.replaceAll(root, 'DIR')).toMatch(line);
  });

  test('siplet new where a file stands', async () => {
    const root = folder({ app: 'text' });
    expect(await command('new', `${root}/app`)).toEqual({
      status: 1,
      out: '',
      err: `siplet: ${root}/app: is a file\n`,
    });
  });
});

describe('RULES.md section 8, configuration: file, line and column of what is wrong, status 1', () => {
  test.each([
    ['a: [1, 2', '1:9: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['a: b: c', '1:4: Nested mappings are not allowed in compact mappings'],
    ['listen:\n\t- x\n', '2:1: Tabs are not allowed as indentation'],
    ['domains: []\n---\nb: 2', '2:1: a second document begins here; only one is allowed'],
    ['domains: *ours', "1:10: '*ours' refers to '&ours', which is not defined before it"],
    ['? [a]\n: 1', '1:3: a key must be a string'],
    ['5', '1:1: must be a map of keys and values'],
    ['log: {}\nlog: {}', '2:1: Map keys must be unique'],
    ['log: { colour: yes }', '1:8: log.colour: there is no such key'],
    ['log: loud', '1:1: log: must be a map of keys and values, not "loud"'],
    ['apps: 3', '1:1: apps: must be a map of keys and values, not 3'],
    ['domains: example.com', '1:1: domains: must be a list, not "example.com"'],
    ['domains: [5]', '1:11: domains.0: must be a text, not 5'],
    ['domains: [""]', '1:11: domains.0: must not be empty, not ""'],
    ['tls: { verifyClient: 1 }', '1:8: tls.verifyClient: must be true or false, not 1'],
    // D-06: nothing reads them, so a file that is not there would never be missed.
    ...['certificate: none.pem', 'key: none.pem', 'ca: none.pem', 'verifyClient: true'].map((line) => [
      `tls: { ${line} }`,
      `1:8: tls.${line.split(':')[0]}: cannot be used: this container has no TLS yet; remove it, and let a proxy before it end TLS`,
    ]),
    ['limits: { udpMtu: big }', '1:11: limits.udpMtu: must be a number, not "big"'],
    ['limits: { bodySize: 1.5 }', '1:11: limits.bodySize: must be a whole number, not 1.5'],
    ['limits: { bodySize: 0 }', '1:11: limits.bodySize: must be at least 1, not 0'],
    ['proxy: { maxForwards: 300 }', '1:10: proxy.maxForwards: must be at most 255, not 300'],
    [
      'proxy: { timeout: 0 }',
      "1:10: proxy.timeout: must be 1s or more: a number is milliseconds; write '20s' for seconds",
    ],
    ['workers: 0', '1:1: workers: must be at least 1, not 0'],
    [
      'workers: many',
      '1:1: workers: must be a number from 1 to 32, or \'auto\': as many as there are cores, not "many"',
    ],
    ['store: { kind: redis }', '1:10: store.kind: is not available yet: sessions are kept in memory'],
    ['admin: { listen: 127.0.0.1:99999 }', "1:10: admin.listen: '127.0.0.1:99999': '99999' is not a port (0-65535)"],
    [
      "admin: { listen: '127.0.0.1:0', token: a b }",
      '1:33: admin.token: must consist of visible characters, without spaces, not "a b"',
    ],
    [
      'timers: { t1: 5 parsecs }',
      "1:11: timers.t1: must be milliseconds or a text such as '500ms', '10s', '3m', '1h', not \"5 parsecs\"",
    ],
  ])('%j', async (yaml, line) => {
    const root = folder({ 'c.yaml': yaml });
    const { status, out, err } = await command('run', root, '--config', `${root}/c.yaml`);
    expect({ status, out, err: err.replaceAll(root, 'DIR') }).toEqual({
      status: 1,
      out: '',
      err: `siplet: DIR/c.yaml:${line}\n`,
    });
  });
});

describe('the container that is spoken to', () => {
  test('refuses: an unknown application, an unknown call, what does not compile, what has another name', async () => {
    const { url } = await running({});
    const root = folder({});
    writeFileSync(`${root}/odd.tgz`, packed(packageOf('hunt', '1.0.0', 'export const x = 1;')));
    const admin = ['--admin', url];
    for (const [words, line] of [
      [['undeploy', 'none'], "no application 'none' is in service"],
      [['rollback', 'none'], 'none: there is no previous version to put back'],
      [['trace', 'none'], 'no such call is known'],
      [['trace', '..'], "there is no '..'"],
      [
        ['deploy', `${root}/odd.tgz`],
        "hunt.tgz/index.ts:1:1: its entry module exports no class that is decorated with @Siplet(): write '@Siplet()' above a class and export it",
      ],
    ] as const)
      expect(await command(...words, ...admin)).toEqual({ status: 1, out: '', err: `siplet: ${line}\n` });
  });

  test('is not there: nothing listens, a port that HTTP must not use, something else answers', async () => {
    const { url, stop } = await running({});
    await stop();
    const other = createServer((_request, answer) => answer.writeHead(500).end('<html>'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const host = url.replace('http://', '');
    for (const [admin, line] of [
      [url, `no container answers at ${host}: nothing listens there (--admin says where)`],
      [
        '127.0.0.1:9',
        'no container answers at 127.0.0.1:9: that port is one of those to which nobody may speak HTTP (--admin says where)',
      ],
      [`127.0.0.1:${port}`, `127.0.0.1:${port} answers 500`],
    ] as const)
      expect(await command('apps', '--admin', admin)).toEqual({ status: 1, out: '', err: `siplet: ${line}\n` });
    other.close();
  });

  test('a token of the environment that no header can carry', async () => {
    process.env.SIPLET_TOKEN = 'a\nb';
    try {
      expect(await command('apps')).toEqual({
        status: 1,
        out: '',
        err: 'siplet: SIPLET_TOKEN of the environment is not a token: it consists of visible characters, without spaces\n',
      });
    } finally {
      delete process.env.SIPLET_TOKEN;
    }
  });
});

describe('RULES.md section 8, --help', () => {
  const COMMANDS = ['run', 'deploy', 'undeploy', 'rollback', 'apps', 'calls', 'trace', 'new', 'check'];

  test('lists the commands of RULES.md', async () => {
    const { out } = await command('--help');
    expect([...out.matchAll(/^ {2}([a-z]+) [[<o]?.* {2}/gm)].map((match) => present(match[1])).sort()).toEqual(
      [...COMMANDS, 'help'].sort(),
    );
    expect((await command('help')).out).toBe(out);
  });

  test.each(COMMANDS)(
    '%s: what it does, its arguments, options, examples, exit statuses and environment',
    async (name) => {
      const { status, out, err } = await command(name, '--help');
      expect({ status, err }).toEqual({ status: 0, err: '' });
      for (const part of ['Usage: siplet', 'Examples:', `  siplet ${name}`, 'Exit status:', '  2  ', 'Environment:'])
        expect(out).toContain(part);
      expect(await command('help', name)).toMatchObject({ status: 0, out });
    },
  );

  test('every option that has a default tells it', async () => {
    const { out } = await command('run', '--help');
    for (const option of ['--listen', '--workers', '--admin', '--config', '--log-level'])
      expect(out.replace(/\s+/g, ' ')).toMatch(new RegExp(`${option} <[^-]*\\(default: `));
    expect((await command('apps', '--help')).out.replace(/\s+/g, ' ')).toContain('(default: 127.0.0.1:8060)');
  });
});

describe('the built command', () => {
  const run = (root: string, ...words: string[]): Promise<{ status: number; out: string; err: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [BIN, ...words], { cwd: root }, (error, out, err) =>
        resolve({ status: error === null ? 0 : Number(error.code), out, err }),
      );
    });

  test('exits with the status, and writes to the right stream', async () => {
    const root = folder(FILES);
    const quiet = ['--admin', 'off', '--listen', 'udp:127.0.0.1:0'];
    const [version, wrong, failed, none, file] = await Promise.all([
      run(root, '--version'),
      run(root, 'dance'),
      run(root, 'apps', '--admin', '127.0.0.1:9'),
      run(root, 'run', 'none', ...quiet),
      run(root, 'run', 'text.txt', ...quiet),
    ]);
    expect(version).toEqual({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
    expect(wrong).toEqual({ status: 2, out: '', err: "siplet: unknown command 'dance' (siplet --help says more)\n" });
    expect(failed).toMatchObject({ status: 1, out: '', err: expect.stringMatching(/^siplet: no container .*\n$/) });
    expect(none).toEqual({ status: 1, out: '', err: 'siplet: none: there is no such directory\n' });
    expect(file).toEqual({ status: 1, out: '', err: 'siplet: text.txt is not a directory\n' });
  });

  test('ends quietly when nobody reads on', async () => {
    const status = await new Promise((resolve) => {
      const child = execFile(process.execPath, [BIN, '--help'], (error) => resolve(error === null ? 0 : error.code));
      present(child.stdout).destroy();
    });
    expect(status).toBe(0);
  });
});
