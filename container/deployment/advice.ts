// What to write instead: the advice behind a fault that the bundler, Node or inversify has found.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import * as sdk from '@siplet/sdk';
import * as inversify from 'inversify';
import { nearest } from '../base/nearest.js';

/** An import that leads nowhere. `importer` is the file that has it. */
export function adviceOnImport(specifier: string, importer: string, isArchive: boolean): string {
  if (/^[./]/.test(specifier)) return adviceOnFile(specifier, importer);
  const [scope = '', second = ''] = specifier.split('/');
  const name = scope.startsWith('@') ? `${scope}/${second}` : scope;
  const directory = packageOf(name, importer);
  if (directory !== undefined) return adviceOnPackage(name, specifier.slice(name.length), directory);
  if (builtinModules.some((each) => each.startsWith(specifier.replace(/^node:/, '')))) return '';
  if (specifier.startsWith('#')) return ": add it to 'imports' of package.json";
  if (isArchive)
    return `: the archive does not contain the package '${name}'; name it in bundleDependencies of package.json, and pack again`;
  return isDependency(name, importer)
    ? `: the package is a dependency that is not installed; run 'npm install'`
    : `: run 'npm install ${name}', or correct the name`;
}

/** The same for whatever else the bundler finds in imports. */
export function adviceOnModule(problem: string): string {
  if (/^"\S+" is not exported by /.test(problem))
    return ": export it there, correct the name, or import a type by 'import type'";
  if (problem.includes('require call is not allowed')) return ": write 'import' instead of 'require'";
  return '';
}

/** The name of a file that is nearly that of the import. */
function adviceOnFile(specifier: string, importer: string): string {
  const wanted = resolve(dirname(importer), specifier);
  const folder = dirname(wanted);
  if (!existsSync(folder)) return `: there is no directory ${dirname(specifier)}`;
  const stem = (file: string): string => basename(file, extname(file)).toLowerCase();
  const files = readdirSync(folder);
  const same = files.find(
    (file) => stem(file) === stem(wanted) || file.toLowerCase() === basename(wanted).toLowerCase(),
  );
  // TypeScript files are imported as .js or with no extension, as the author does.
  const end = extname(specifier);
  const named = (file: string): string =>
    /^\.[cm]?[jt]sx?$/.test(extname(file)) ? file.slice(0, -extname(file).length) + end : file;
  const written = (file: string): string => specifier.slice(0, specifier.lastIndexOf('/') + 1) + named(file);
  const isOther = same !== undefined && written(same) !== specifier;
  if (isOther) return `: did you mean '${written(same)}'?`;
  if (same !== undefined) return `: did you mean '${specifier.slice(0, -basename(specifier).length)}${same}'?`;
  return nearest(specifier, files.map(written)) || ': there is no such file';
}

function adviceOnPackage(name: string, path: string, directory: string): string {
  const { exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { exports?: unknown };
  const paths = Object.keys(Object(exports)).filter((each) => each.startsWith('.') && !each.endsWith('/package.json'));
  if (path !== '' && exports !== undefined) {
    const offered = paths.map((each) => `'${name}${each.slice(1)}'`).join(', ') || `'${name}'`;
    return `: the package exports no '.${path}'; it exports ${offered}`;
  }
  return `: the package is installed, but has no file that its package.json names; run 'npm ci', or install another version`;
}

function packageOf(name: string, importer: string): string | undefined {
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    const directory = join(folder, 'node_modules', name);
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (folder === dirname(folder)) return undefined;
  }
}

function isDependency(name: string, importer: string): boolean {
  for (let folder = dirname(importer); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = Object(JSON.parse(readFileSync(file, 'utf8'))) as Record<string, object | undefined>;
    return ['dependencies', 'optionalDependencies'].some((key) => Object.hasOwn(Object(manifest[key]), name));
  }
  return false;
}

/** What a module threw while it was loaded, with what to write instead where that is known. */
export function adviceOnLoading(message: string): string {
  const [, unknown] = /ReferenceError: (\w+) is not defined/.exec(message) ?? [];
  for (const [name, module] of [
    ['@siplet/sdk', sdk],
    ['inversify', inversify],
  ] as const)
    if (unknown !== undefined && Object.hasOwn(module, unknown)) return `write 'import { ${unknown} } from '${name}''`;
  const [, early] = /Cannot access '(\w+)' before initialization/.exec(message) ?? [];
  if (early !== undefined)
    return `move ${early} above what uses it; of two classes that need each other, one takes the other by '@inject(TOKEN)' or when it needs it`;
  if (
    /Cannot find module '[^']*\.node'|ERR_DLOPEN_FAILED|NODE_MODULE_VERSION|Could not locate the bindings file/.test(
      message,
    )
  )
    return "a native addon is missing, or was built for another platform or version of Node: run 'npm rebuild', or 'npm ci' on this machine";
  return '';
}

/** What inversify says of a class that it cannot make, in terms of the author's classes; undefined: anything else. */
export function injectionFault(type: string, message: string): string | undefined {
  const [, asking = type] = /Trying to resolve bindings for "([^"]+)"/.exec(message) ?? [];
  const [, none] = /No bindings found for service: "([^"]+)"/.exec(message) ?? [];
  if (none !== undefined)
    return `${asking} needs '${none}', and nothing is bound to it: bind it in a ContainerModule that the entry module exports, or correct the name in '@inject()'`;
  const [, several] = /Ambiguous bindings found for service: "([^"]+)"/.exec(message) ?? [];
  if (several !== undefined)
    return `${asking} needs one '${several}', and several are bound: remove all but one 'bind()', or write '@multiInject()'`;
  if (message.includes('Maximum plan depth exceeded'))
    return `${type} needs classes that need each other, in a circle: one of them takes the other when it is needed, from a function or a setter, and not in its constructor`;
  const [, missing] = /missing metadata on type "([^"]+)"/.exec(message) ?? [];
  if (missing !== undefined)
    return `a parameter of the constructor of ${missing} has a type that is gone at run time: write '@inject(TOKEN)' before it, or import the class without 'type'`;
  return undefined;
}
