// @ts-check
// What a module of the author's says before it runs: its classes with their decorators and where they stand, and the
// mistakes with names, types and decorators that would only be riddles at run time. RULES.md sections 1 and 2.
import { parseSync } from 'rolldown/utils';
import { nearest } from '../base/nearest.js';
import { Decorator, decoratorFaults } from './decorator-faults.js';
import { parameterFaults } from './parameter-faults.js';
import { childrenOf, nameOf } from './syntax-tree.js';

/** @typedef {import('./syntax-tree.js').Node} Node */
/** @typedef {{ name: string, module: string, isType: boolean, node: Node }} Imported */
/** @typedef {Readonly<Record<string, readonly string[]>>} Shared */
/** @typedef {{ name: string, line: number, column: number, decorators: string[] }} DeclaredMember */
/** @typedef {DeclaredMember & { file: string, isExported: boolean, members: DeclaredMember[] }} DeclaredClass */
/** @typedef {{ message: string, id: string, loc: { file: string, line: number, column: number } }} SourceFault */

export class AuthorSource {
  /** @type {SourceFault[]} */
  faults = [];
  /** @type {DeclaredClass[]} */
  classes = [];
  /** @type {Map<string, Imported>} By local name. */
  imports = new Map();
  /** @type {Map<string, string>} Names of this module that are gone at run time: 'interface' or 'type'. */
  types = new Map();

  /**
   * @param {string} code
   * @param {string} file
   * @param {Shared} shared Names that the modules of the container export.
   */
  constructor(code, file, shared) {
    this.code = code;
    this.file = file;
    this.shared = shared;
    const [, lang] = /\.[cm]?([jt]sx?)$/.exec(file) ?? [];
    const { program, errors } = parseSync(file, code, { lang: /** @type {'ts'} */ (lang) });
    // The bundler says these.
    if (errors.length > 0) return;
    const statements = /** @type {Node[]} */ (/** @type {unknown} */ (program.body));
    for (const each of statements) this.#note(each);
    for (const each of statements) this.#visit(each, each.type.startsWith('Export'));
  }

  /**
   * @param {Node} node
   * @param {string} message
   */
  fault(node, message) {
    this.faults.push({ message, id: this.file, loc: { file: this.file, ...this.#place(node, 0) } });
  }

  /**
   * What a decorator is, if it comes from a module that the container hands out.
   * @param {Node} node
   */
  decorator(node) {
    const isCalled = node.expression.type === 'CallExpression';
    const named = isCalled ? node.expression.callee : node.expression;
    const found = this.#exported(named);
    return found && new Decorator(node, found.name, found.module, isCalled);
  }

  /**
   * The export that an expression names: `Invite`, `sdk.Invite`.
   * @param {Node} node
   * @returns {{ name: string, module: string } | undefined}
   */
  #exported(node) {
    if (node.type === 'MemberExpression' && !node.computed) {
      const space = this.imports.get(node.object.name);
      return space?.name === '*' && this.shared[space.module] ? { ...space, name: node.property.name } : undefined;
    }
    const found = node.type === 'Identifier' ? this.imports.get(node.name) : undefined;
    return found && this.shared[found.module] ? found : undefined;
  }

  /**
   * Imports, and names of types.
   * @param {Node} statement
   */
  #note(statement) {
    const declared = statement.declaration ?? statement;
    if (declared.type === 'TSInterfaceDeclaration') this.types.set(declared.id.name, 'an interface');
    if (declared.type === 'TSTypeAliasDeclaration') this.types.set(declared.id.name, 'a type');
    if (statement.type !== 'ImportDeclaration') return;
    const module = statement.source.value;
    if (module.startsWith('@siplet/sdk/') && !this.shared[module])
      this.fault(
        statement.source,
        `@siplet/sdk has no module '${module.slice('@siplet/sdk/'.length)}'${nearest(module, Object.keys(this.shared)) || ": import from '@siplet/sdk'"}`,
      );
    for (const each of statement.specifiers) {
      const isType = statement.importKind === 'type' || each.importKind === 'type';
      const name = each.type === 'ImportNamespaceSpecifier' ? '*' : each.imported ? nameOf(each.imported) : 'default';
      this.imports.set(each.local.name, { name, module, isType, node: each });
    }
  }

  /**
   * @param {Node} node
   * @param {boolean} isExported
   */
  #visit(node, isExported = false) {
    if (/^TS(TypeAnnotation|TypeParameter|Interface|TypeAlias|ClassImplements)/.test(node.type)) return;
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') this.#class(node, isExported);
    for (const used of valuesIn(node)) this.#use(used);
    for (const child of childrenOf(node)) this.#visit(child, isExported && child === node.declaration);
  }

  /**
   * A name that must be there at run time.
   * @param {Node} node
   */
  #use(node) {
    const space = node.type === 'MemberExpression' && !node.computed ? this.imports.get(node.object.name) : undefined;
    const found = node.type === 'Identifier' ? this.imports.get(node.name) : space?.name === '*' ? space : undefined;
    if (found === undefined) return;
    const { module, isType } = found;
    if (isType) {
      const local = node.name ?? node.object.name;
      this.fault(
        node,
        `'${local}' is imported as a type, and nothing of it is there at run time: write 'import { ${local} }' without 'type'`,
      );
      return;
    }
    const names = this.shared[module];
    const name = found.name === '*' ? node.property?.name : found.name;
    if (names === undefined || name === undefined || name === 'default' || names.includes(name)) return;
    const other = Object.keys(this.shared).find(
      (each) => each !== module && this.shared[each]?.some((one) => one.toLowerCase() === name.toLowerCase()),
    );
    const right =
      other === undefined ? undefined : this.shared[other]?.find((one) => one.toLowerCase() === name.toLowerCase());
    const instead = right === undefined ? nearest(name, names) : `: write 'import { ${right} } from '${other}''`;
    this.fault(node, `${module} exports no value '${name}'${instead}`);
  }

  /**
   * @param {Node} node
   * @param {boolean} isExported
   */
  #class(node, isExported) {
    const decorators = this.#decorators(node);
    const members = node.body.body.map((/** @type {Node} */ member) => ({
      member,
      decorators: this.#decorators(member),
    }));
    decoratorFaults(this, node, decorators, members);
    parameterFaults(this, node, decorators);
    const name = node.id?.name ?? '';
    const isNamed =
      this.code.includes('export') &&
      new RegExp(`export\\s*(default\\s+${name}\\b|\\{[^}]*\\b${name}\\b)`).test(this.code);
    this.classes.push({
      name,
      file: this.file,
      ...this.#place(node),
      isExported: isExported || isNamed,
      decorators: decorators.map((each) => each.name),
      members: members.map((/** @type {{ member: Node, decorators: Decorator[] }} */ { member, decorators: own }) => ({
        name: member.key === undefined ? '' : nameOf(member.key),
        ...this.#place(member),
        decorators: own.map((each) => each.name),
      })),
    });
  }

  /**
   * @param {Node} node
   * @returns {Decorator[]}
   */
  #decorators(node) {
    return (node.decorators ?? []).flatMap((/** @type {Node} */ each) => this.decorator(each) ?? []);
  }

  /**
   * @param {Node} node
   * @param {number} first The number of the first column: in faults, as rolldown has it, 0.
   */
  #place(node, first = 1) {
    const before = this.code.slice(0, node.start).split('\n');
    return { line: before.length, column: (before.at(-1) ?? '').length + first };
  }
}

/**
 * Expressions that a node takes the value of, where nothing else can be meant.
 * @param {Node} node
 * @returns {Node[]}
 */
function valuesIn(node) {
  if (node.type === 'Decorator')
    return [node.expression.type === 'CallExpression' ? node.expression.callee : node.expression];
  if (node.type === 'NewExpression') return [node.callee];
  if (node.type === 'BinaryExpression' && node.operator === 'instanceof') return [node.right];
  return /^Class/.test(node.type) && node.superClass ? [node.superClass] : [];
}
