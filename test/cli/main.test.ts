// The command line: RULES.md section 8.
import { describe, expect, test } from 'vitest';
import { folder, siplet } from '../deployment/folder.js';
import { command } from './command.js';

describe('RULES.md section 8, exit status 2: wrong usage', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['dance']],
    ['an unknown option', ['run', '--dance']],
    ['an option without its value', ['run', '--listen']],
    ['too many arguments', ['run', 'a', 'b']],
    ['no path', ['check']],
    ['nothing to deploy', ['deploy']],
    ['no name', ['undeploy']],
    ['no name to put back', ['rollback']],
    ['no call', ['trace']],
    ['no directory', ['new']],
    ['an invalid admin address', ['apps', '--admin', 'not an address']],
    ['an invalid address', ['run', '--listen', 'sctp:1.2.3.4']],
    ['an unknown level', ['run', '--log-level', 'loud']],
  ])('%s', async (_title, words) => {
    const { status, out, err } = await command(...words);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).not.toBe('');
  });
});

describe('RULES.md section 8, help', () => {
  test('--help and --version are not faults', async () => {
    expect(await command('--help')).toMatchObject({
      status: 0,
      err: '',
      out: expect.stringContaining('run [options] [DIR]'),
    });
    expect(await command('--version')).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test('run has the options of RULES.md', async () => {
    const { status, out } = await command('run', '--help');
    expect(status).toBe(0);
    for (const option of ['-l, --listen', '--admin', '--config', '--log-level', '--no-watch'])
      expect(out).toContain(option);
  });
});

describe('RULES.md section 8, every command has its help', () => {
  test.each([
    ['deploy', ['<PATH>', '--admin', '--token']],
    ['undeploy', ['<NAME>', '--admin', '--token']],
    ['rollback', ['<NAME>', '--admin', '--token']],
    ['apps', ['--admin', '--token']],
    ['calls', ['--admin', '--token']],
    ['trace', ['<CALL-ID>', '--messages', '--admin', '--token']],
    ['new', ['<DIR>']],
    ['check', ['<PATH>', '--config']],
  ])('%s', async (name, parts) => {
    const { status, out, err } = await command(name, '--help');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    for (const part of parts) expect(out).toContain(part);
    expect((await command('--help')).out).toMatch(new RegExp(`^  ${name} `, 'm'));
  });
});

describe('RULES.md section 8, exit status 1: it failed, with one clear line', () => {
  test('a configuration with a fault', async () => {
    const root = folder({ 'c.yaml': 'timers:\n  t1: soon\n' });
    const { status, err } = await command('run', root, '--config', `${root}/c.yaml`);
    expect(status).toBe(1);
    expect(err).toMatch(/^siplet: .*c\.yaml:2:3: timers\.t1: .*\n$/);
  });

  test('a configuration that is not there', async () => {
    const { status, err } = await command('check', 'x.ts', '--config', 'none.yaml');
    expect({ status, err }).toEqual({ status: 1, err: 'siplet: none.yaml: there is no such file\n' });
  });
});

describe('siplet check PATH', () => {
  test('prints the handler table', async () => {
    const root = folder({ 'hunt.ts': siplet('Hunt') });
    expect(await command('check', `${root}/hunt.ts`)).toEqual({
      status: 0,
      out: 'hunt 0.0.0\n  initial INVITE → Hunt.ring\n',
      err: '',
    });
  });

  test('gives the application its section of the configuration', async () => {
    const root = folder({
      'c.yaml': 'apps: { hunt: { ok: true } }\ndeploy: { typeCheck: off }\n',
      'hunt.ts': `
        import { Config, Invite, Siplet } from '@siplet/sdk';
                @Siplet() export class Hunt {
          constructor(@Config() config: any) { if (!config?.ok) throw new Error('no configuration'); }
          @Invite() ring() {}
        }`,
    });
    expect((await command('check', `${root}/hunt.ts`, '--config', `${root}/c.yaml`)).status).toBe(0);
    const without = await command('check', `${root}/hunt.ts`);
    expect(without.status).toBe(1);
    expect(without.err).toContain('no configuration');
  });

  test('says what is wrong, and where', async () => {
    const root = folder({ 'bad.ts': 'export const x = ;\n' });
    const { status, out, err } = await command('check', `${root}/bad.ts`);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(/^siplet: .*bad\.ts:1:18: /);
    expect(await command('check', `${root}/none.ts`)).toMatchObject({
      status: 1,
      err: expect.stringContaining('there is no such file'),
    });
  });

  test('deploy.typeCheck: type errors are told, and refused when strict', async () => {
    const root = folder({
      'warn.yaml': 'deploy: { typeCheck: warn }',
      'strict.yaml': 'deploy: { typeCheck: strict }',
      'off.yaml': 'deploy: { typeCheck: off }',
      'hunt.ts': `${siplet('Hunt')}\nexport const wrong: number = 'text';\n`,
    });
    const say = (config: string) => command('check', `${root}/hunt.ts`, '--config', `${root}/${config}.yaml`);
    expect(await say('warn')).toMatchObject({
      status: 0,
      err: expect.stringMatching(/hunt\.ts\(\d+,\d+\): error TS2322/),
    });
    expect(await say('strict')).toMatchObject({ status: 1, err: expect.stringContaining('TS2322') });
    expect(await say('off')).toMatchObject({ status: 0, err: '' });
  });
});
