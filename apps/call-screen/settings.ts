// apps.call-screen of siplet.yaml: who may not call, and who may not call whom.
import { Patterns } from './patterns.js';
import { expect, flag, type Kind, list, Section } from './section.js';

/** Who is in `allow` passes, whatever `block` says. */
export interface Lists {
  readonly block: Patterns;
  readonly allow: Patterns;
}

export class Settings {
  /** Whether P-Asserted-Identity says who calls, beside From: only when what sends the calls can be believed. */
  readonly asserted: boolean;
  /** For all calls. */
  readonly everybody: Lists;
  /** By user, in lower case. */
  readonly callees: ReadonlyMap<string, Lists>;

  /** Throws an Error that names every fault of the section. */
  constructor(section: unknown) {
    const read = Section.read(section, 'apps.call-screen', (all) => ({
      asserted: all.take('asserted', flag, false),
      everybody: listsOf(all),
      callees: all.section('callees', (users) => users.each(listsOf)),
    }));
    this.asserted = read.asserted;
    this.everybody = read.everybody;
    this.callees = new Map([...read.callees].map(([user, lists]) => [user.toLowerCase(), lists]));
  }
}

const listsOf = (section: Section): Lists => ({
  block: new Patterns(section.take('block', list(pattern), [])),
  allow: new Patterns(section.take('allow', list(pattern), [])),
});

/** YAML reads an unquoted +49 as the number 49. */
const pattern: Kind<string> = (value) =>
  expect(
    typeof value === 'string' && /^[^\s<>]+$/.test(value),
    "must be a pattern in quotes, '+49900*' or '*@h'",
    value as string,
  );
