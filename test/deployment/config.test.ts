// RULES.md section 1: the schema of `@Siplet({ config })` checks the application's section, and `@Config()` injects it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config, Invite, Message, Siplet, type StandardSchema } from '@siplet/sdk';
import { injectable } from 'inversify';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { present } from '../../container/base/present.js';
import { createApplication } from '../../container/deployment/create-application.js';
import { createLog } from '../../container/observe/log.js';
import { authenticated } from '../../container/servlet/authenticated-handler.js';
import { folder } from './folder.js';

const phones = z.strictObject({
  phones: z.array(z.string()).min(1),
  timeout: z.string().default('20s'),
});

/** What the injected instance of the exported class holds, with this section in the file. */
async function configured(exports: Record<string, unknown>, section: unknown, file?: string): Promise<unknown> {
  const application = await createApplication(
    { name: 'hunt', version: '1.0.0', path: 'hunt', directory: '.', entry: 'hunt' } as never,
    1,
    { exports, release() {} } as never,
    {
      log: createLog({ level: 'silent', format: 'json' }),
      configOf: (name) => (name === 'hunt' ? section : undefined),
      configFile: file,
      defaults: { supervised: true, proxyTimeout: 180_000 },
      authenticated,
      tokens: () => [],
    },
  );
  return (present(application.siplets[0]).instance as { config: unknown }).config;
}

function hunt(schema?: StandardSchema) {
  @Siplet(schema === undefined ? {} : { config: schema })
  class Hunt {
    constructor(@Config() readonly config: unknown) {}
    @Invite() ring() {}
  }
  return { Hunt };
}

describe('@Config()', () => {
  test('gives what the schema made of the section', async () => {
    expect(await configured(hunt(phones), { phones: ['a'] })).toEqual({ phones: ['a'], timeout: '20s' });
  });
  test('without a schema gives the section unchanged, {} when there is none', async () => {
    expect(await configured(hunt(), { any: 1 })).toEqual({ any: 1 });
    expect(await configured(hunt(), undefined)).toEqual({});
  });
  test('gives a service the output of the only schema', async () => {
    @injectable()
    class Directory {
      constructor(@Config() readonly config: { phones: string[] }) {}
    }
    @Siplet({ config: phones })
    class Hunt {
      readonly config: unknown;
      constructor(directory: Directory) {
        this.config = directory.config;
      }
      @Invite() ring() {}
    }
    expect(await configured({ Hunt }, { phones: ['a'] })).toEqual({ phones: ['a'], timeout: '20s' });
  });
  test('gives each of two siplets the output of its own schema', async () => {
    const seen: unknown[] = [];
    @Siplet({ name: 'one', config: z.object({ a: z.number() }) })
    class One {
      constructor(@Config() config: unknown) {
        seen.push(config);
      }
      @Invite() ring() {}
    }
    @Siplet({ name: 'two', config: z.object({ b: z.number() }) })
    class Two {
      constructor(@Config() config: unknown) {
        seen.push(config);
      }
      @Message() take() {}
    }
    await configured({ One, Two }, { a: 1, b: 2 });
    expect(seen).toEqual([{ a: 1 }, { b: 2 }]);
  });
  test('a schema may be asynchronous', async () => {
    const schema = z.object({ phones: z.array(z.string()).refine(async (list) => list.length > 0) });
    expect(await configured(hunt(schema), { phones: ['a'] })).toEqual({ phones: ['a'] });
  });
});

describe('faults', () => {
  test('a fault is told with file, line and column', async () => {
    const file = join(folder({}), 'siplet.yaml');
    writeFileSync(file, 'listen: udp:127.0.0.1:0\napps:\n  hunt:\n    phones: [1]\n    timeuot: 5s\n');
    const section = { phones: [1], timeuot: '5s' };
    const deployment = configured(hunt(phones), section, file);
    await expect(deployment).rejects.toThrow(`${file}:4:14: apps.hunt.phones.0: Invalid input: expected string`);
    await expect(deployment).rejects.toThrow(`${file}:3:3: apps.hunt: Unrecognized key: "timeuot"`);
  });
  test('a section that is missing is told at the nearest key, and without a file too', async () => {
    const file = join(folder({}), 'siplet.yaml');
    writeFileSync(file, 'listen: udp:127.0.0.1:0\n');
    await expect(configured(hunt(phones), undefined, file)).rejects.toThrow(`${file}:1:1: apps.hunt.phones: `);
    await expect(configured(hunt(phones), undefined)).rejects.toThrow('the configuration: apps.hunt.phones: ');
  });
  test('a config that is not a schema is refused with what to write', async () => {
    await expect(configured(hunt({ phones: 'string' } as never), {})).rejects.toThrow(
      'Hunt: the config of @Siplet is a schema of zod, valibot or another library that implements Standard Schema',
    );
  });
  test('a schema that throws fails the deployment', async () => {
    const schema: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate() {
          throw new Error('no such table');
        },
      },
    };
    await expect(configured(hunt(schema), {})).rejects.toThrow(
      'Hunt: the config schema of @Siplet has failed: no such table',
    );
  });
});
