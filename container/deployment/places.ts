// The place in the author's source of what is wrong with a class or a method: RULES.md section 7, D-1.
import { DeploymentError } from '@siplet/sdk';
import { adviceOnLoading, injectionFault } from './advice.js';
import { type Bundle, type DeclaredClass, shortened } from './compile.js';
import { NO_SIPLET } from './exported.js';
import { describeFault } from './load.js';

/** A position in a source: `index.ts:3:7`, `index.ts(3,7)`. */
const POSITION = /\.[cm]?[jt]sx?[:(]\d+/;

/** As its author may read it: with file and line, and with what to write instead. */
export function placedFault(error: unknown, bundle: Bundle): DeploymentError {
  const fault = error instanceof DeploymentError ? error : new DeploymentError(describeFault(error), { cause: error });
  const problems = (fault.problems.length > 0 ? fault.problems : [fault.message]).map((each) => placed(each, bundle));
  return new DeploymentError(problems.join('\n'), { problems, cause: fault.cause ?? fault });
}

function placed(problem: string, { classes, entry }: Bundle): string {
  if (problem === NO_SIPLET) return absence(classes, entry);
  const [, type = ''] = /^(\S+) could not be made: /.exec(problem) ?? [];
  const text = (type !== '' && injectionFault(type, problem)) || problem;
  const advice = adviceOnLoading(text);
  const told = advice === '' ? text : withAdvice(text, advice);
  if (POSITION.test(told)) return told;
  return `${placeOf(told, classes) ?? shortened(entry)}: ${told}`;
}

/** Behind the first line, before the stack. */
function withAdvice(text: string, advice: string): string {
  const [first = '', ...rest] = text.split('\n');
  return [`${first}: ${advice}`, ...rest].join('\n');
}

/** Of the method or the class that a sentence begins with or names. */
function placeOf(text: string, classes: readonly DeclaredClass[]): string | undefined {
  const [, type, member] = /^(?:.*? of )?([\w$]+)\.(\S+?) \(@/.exec(text) ?? [];
  const named = type ?? classes.find(({ name }) => new RegExp(`\\b${name}\\b`).test(text) && name !== '')?.name;
  const found = classes.find(({ name }) => name === named);
  if (found === undefined) return starting(text, classes);
  const at = found.members.find(({ name }) => name === member) ?? found;
  return `${shortened(found.file)}:${at.line}:${at.column}`;
}

/** A start that does not end waits for a @PostConstruct. */
function starting(text: string, classes: readonly DeclaredClass[]): string | undefined {
  if (!text.includes('@PostConstruct')) return undefined;
  for (const { file, members } of classes) {
    const at = members.find(({ decorators }) => decorators.some((name) => /^postconstruct$/i.test(name)));
    if (at !== undefined) return `${shortened(file)}:${at.line}:${at.column}`;
  }
  return undefined;
}

/** Nothing that the container could deploy is exported. */
function absence(classes: readonly DeclaredClass[], entry: string): string {
  const found = classes.find(({ decorators }) => decorators.includes('Siplet'));
  if (found !== undefined) {
    const { name, file, line, column, isExported } = found;
    const place = `${shortened(file)}:${line}:${column}`;
    const what = `${place}: ${name} is decorated with @Siplet(), but ${shortened(entry)}`;
    if (file === entry)
      return isExported
        ? `${what} exports no class of it: write 'export { ${name} }'`
        : `${what} does not export it: write 'export class ${name}'`;
    return `${what} does not export it: write 'export { ${name} } from …' there`;
  }
  const [plain] = classes.filter(({ file }) => file === entry);
  const place = plain ? `${shortened(entry)}:${plain.line}:${plain.column}` : `${shortened(entry)}:1:1`;
  return `${place}: ${NO_SIPLET}: write '@Siplet()' above ${plain?.name ? `the class ${plain.name}` : 'a class'} and export it`;
}
