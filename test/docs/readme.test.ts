// The README names everything that an operator types: commands, options, routes, metrics, keys of the configuration,
// variables of the environment.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { pino } from 'pino';
import { beforeAll, describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { createCommands } from '../../container/cli/commands.js';
import { configurationKeys } from '../../container/configuration/configuration.js';
import type { Deployments } from '../../container/deployment/deployments.js';
import { routes } from '../../container/http/routes.js';
import { ApplicationMetrics } from '../../container/observe/application-metrics.js';
import { Observation } from '../../container/observe/observation.js';
import { overseenAlone } from '../../container/observe/overseen.js';
import { DROPPED } from '../../container/workers/overseen.js';
import { Siplet } from '../world/siplet.js';
import { World } from '../world/world.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** What stands between backquotes or in a block of code. */
const CODE = [...README.matchAll(/`{3}[^`]*`{3}|`[^`\n]+`/g)].map(([text]) => text).join('\n');

/** Those that the README does not name, as a word of its own. */
function unnamed(words: readonly string[]): string[] {
  return words.filter((word) => {
    const text = word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    return !new RegExp(`(?<![\\w-])${text}(?![\\w-])`).test(CODE);
  });
}

const optionsOf = (command: Command): string[] =>
  [...command.createHelp().visibleOptions(command)].flatMap(({ short, long }) =>
    [short, long].filter((each) => each !== undefined),
  );

describe('RULES.md section 8: the command line', () => {
  const siplet = createCommands({ out() {}, err() {} }, () => {});

  test('every command, with the name of its argument', () => {
    expect(siplet.commands.length).toBeGreaterThan(8);
    const usages = siplet.commands.map((command) => {
      const [argument] = command.registeredArguments;
      if (argument === undefined) return `npx siplet ${command.name()}`;
      return `npx siplet ${command.name()} ${argument.required ? argument.name() : `[${argument.name()}]`}`;
    });
    expect(usages.filter((usage) => !README.includes(`\`${usage}\``))).toEqual([]);
  });

  test('every option', () => {
    const all = [siplet, ...siplet.commands].flatMap(optionsOf);
    expect(all).toContain('--log-level');
    expect(unnamed([...new Set(all)])).toEqual([]);
  });

  test('and no command or option that is not there', () => {
    const names = siplet.commands.map((command) => command.name());
    const typed = [...README.matchAll(/npx siplet ([a-z]+)/g)].map((match) => present(match[1]));
    expect(typed.filter((name) => !names.includes(name))).toEqual([]);
    const options = new Set([siplet, ...siplet.commands].flatMap(optionsOf));
    const section = README.slice(README.indexOf('## The command line'), README.indexOf('## Operating it'));
    const named = [...section.matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([option]) => option);
    expect(named.filter((option) => !options.has(option))).toEqual([]);
  });

  test('every command is shown with what it prints', () => {
    for (const command of siplet.commands)
      expect(README).toMatch(new RegExp(`^\\$ npx siplet ${command.name()}\\b.*\\n[^$\`]`, 'm'));
  });
});

describe('RULES.md section 9: the admin address', () => {
  let app: ReturnType<typeof routes>['app'];
  let metrics: string[];

  beforeAll(async () => {
    const { engine } = await Siplet.start(new World(), {});
    const deployments = { records: () => [], active: [], listen: () => () => {} } as unknown as Deployments;
    const log = pino({ level: 'silent' });
    const trace = { calls: 1, messages: 1 };
    const observation = new Observation({ engine, deployments, applications: new ApplicationMetrics(), log, trace });
    const text = await observation.metrics.text();
    metrics = [...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => present(match[1]));
    metrics.push(DROPPED);
    observation.close();
    const overseen = overseenAlone(engine, deployments, observation);
    const parts = { deployments, overseen, archiveSize: 1, isLoopback: true, token: undefined };
    app = routes({ ...parts, failed: () => {} }).app;
  });

  test('every route', () => {
    const all = app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
    expect(all).toContain('POST /api/apps/:name/rollback');
    const written = all.map((route) => route.replace(':name', 'NAME').replace(':id', 'CALL-ID'));
    expect(written.filter((route) => !README.includes(`\`${route}\``))).toEqual([]);
  });

  test('every route is shown with curl', () => {
    for (const path of new Set(
      app.routes.filter(({ method, path: own }) => method !== 'ALL' && own !== '/').map(({ path: own }) => own),
    )) {
      const shown = path.replace(/:\w+/g, '[\\w-]+').replaceAll('/', '\\/');
      expect(README).toMatch(new RegExp(`^\\$ curl .*127\\.0\\.0\\.1:8060${shown}( |$)`, 'm'));
    }
  });

  test('every metric of the container', () => {
    const own = metrics.filter((name) => name.startsWith('siplet_'));
    expect(own.length).toBeGreaterThan(15);
    expect(unnamed(own)).toEqual([]);
    // Those of the process are named by their prefixes.
    expect(metrics.filter((name) => !/^(siplet|process|nodejs)_/.test(name))).toEqual([]);
  });

  test('and no metric that is not there', () => {
    const named = [...README.matchAll(/`(siplet_[a-z_]+)`/g)].map((match) => present(match[1]));
    expect(named.filter((name) => !metrics.includes(name))).toEqual([]);
  });
});

test('RULES.md section 8: every key of the configuration', () => {
  expect(unnamed(configurationKeys().map(({ key }) => key))).toEqual([]);
});

test('every variable of the environment that is read', () => {
  const sources = readdirSync(join(ROOT, 'container'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/(^|\/)(dist|node_modules)\//.test(path))
    .map((path) => readFileSync(join(ROOT, 'container', path), 'utf8'));
  const read = sources.flatMap((text) =>
    [...text.matchAll(/process\.env\.([A-Z_]{2,})\b/g)].map((match) => present(match[1])),
  );
  expect(read).toContain('SIPLET_TOKEN');
  expect(unnamed([...new Set(read)])).toEqual([]);
});

test.each(['http', 'observe'])('container/%s/README.md says what each file is for', (folder) => {
  const page = readFileSync(join(ROOT, 'container', folder, 'README.md'), 'utf8');
  const files = readdirSync(join(ROOT, 'container', folder)).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => !page.includes(file))).toEqual([]);
});

test('the README begins with two commands, and every link in it leads somewhere', () => {
  expect(README.indexOf('npm start')).toBeLessThan(400);
  const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => present(match[1]));
  expect(links.length).toBeGreaterThan(1);
  expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
});
