// The application's section of the configuration, checked by the schemas of its siplets, for `@Config()`.
import { DeploymentError, type SchemaIssue, type StandardSchema } from '@siplet/sdk';
import { CONFIG, declarationOf, type SipletClass } from '@siplet/sdk/declarations';
import type { Container } from 'inversify';
import { positionIn } from '../configuration/configuration.js';
import { endsInTime } from './in-time.js';

interface Section {
  /** Name of the application. */
  readonly name: string;
  /** `apps.<name>`. */
  readonly section: unknown;
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
}

/**
 * Binds what `@Config()` injects. A siplet with a schema gets that schema's output. Other classes get the output of the
 * application's schema when there is only one, else the section itself. Throws a DeploymentError that says with file
 * and line what a schema refuses.
 */
export async function bindConfig(injector: Container, siplets: readonly SipletClass[], of: Section): Promise<void> {
  const outputs = new Map<SipletClass, unknown>();
  const bySchema = new Map<StandardSchema, unknown>();
  for (const type of siplets) {
    const schema = declarationOf(type)?.options.config;
    if (schema === undefined) continue;
    if (!bySchema.has(schema)) bySchema.set(schema, await outputOf(schema, type, of));
    outputs.set(type, bySchema.get(schema));
  }
  const [only] = bySchema.values();
  for (const [type, output] of outputs)
    injector
      .bind(CONFIG)
      .toConstantValue(output)
      .whenParentIs(type as new (...args: unknown[]) => object);
  injector
    .bind(CONFIG)
    .toConstantValue(bySchema.size === 1 ? only : of.section)
    .when((request) => !outputs.has(request.getAncestor()?.serviceIdentifier as SipletClass));
}

async function outputOf(schema: StandardSchema, type: SipletClass, of: Section): Promise<unknown> {
  const standard = schema['~standard'];
  if (typeof standard?.validate !== 'function')
    throw new DeploymentError(
      `${type.name}: the config of @Siplet is a schema of zod, valibot or another library that implements Standard Schema, not ${typeof schema === 'object' ? 'a plain object' : String(schema)}`,
    );
  let result: Awaited<ReturnType<typeof standard.validate>> | undefined;
  try {
    const validating = Promise.resolve(standard.validate(of.section)).then((given) => {
      result = given;
    });
    if (!(await endsInTime(validating))) throw new Error('it has not settled in time');
  } catch (error) {
    throw new DeploymentError(`${type.name}: the config schema of @Siplet has failed: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (result?.issues === undefined) return result?.value;
  const problems = result.issues.map((issue) => faultOf(issue, of));
  throw new DeploymentError(problems.join('\n'), { problems });
}

/** 'siplet.yaml:12:5: apps.hunt.phones: …'. */
function faultOf({ path = [], message }: SchemaIssue, { name, file }: Section): string {
  const keys = ['apps', name, ...path.map((step) => (typeof step === 'object' ? step.key : step))];
  const place = file === undefined ? 'the configuration' : positionIn(file, keys);
  return `${place}: ${keys.map(String).join('.')}: ${message}`;
}
