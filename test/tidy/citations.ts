// The rules of container/RULES.md and who cites them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type Source } from './sources.js';

export const RULES = 'container/RULES.md';

/** C-16, C-41a, D-2; neither a fault such as D-02 nor CRC-32. */
const CITED = /(?<![\w-])(?:C-[1-9]\d?[a-z]?|D-[1-9])(?![\w-]|\.\d)/g;

/** Every Markdown document of the repository. */
export function documents(): Source[] {
  return readdirSync(ROOT, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .filter((path) => !/(^|\/)(dist|node_modules|\.[^/]+)\//.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** The rules that the page states, each once: a list item that begins with its bold number. */
export function statedRules({ text }: Source): string[] {
  return [...text.matchAll(/^- \*\*([CD]-\d+[a-z]?)\*\* /gm)].map(([, rule]) => rule as string);
}

/** `path:line C-16` for each citation that is not among `rules`. */
export function citationsBut(rules: readonly string[], sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => {
      const cited = [...line.matchAll(CITED)].map(([rule]) => rule);
      return cited.filter((rule) => !rules.includes(rule)).map((rule) => `${path}:${i + 1} ${rule}`);
    }),
  );
}

/** A document as its readers see it: markers for generators are not shown. */
export function asShown({ path, text }: Source): Source {
  return { path, text: text.replace(/<!--[\s\S]*?-->/g, (marker) => marker.replace(/[^\n]/g, '')) };
}

/** A source reduced to its doc comments, which editors show to those who write applications. */
export function docComments({ path, text }: Source): Source {
  let end = 0;
  let comments = '';
  for (const { index, 0: comment } of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    comments += text.slice(end, index).replace(/[^\n]/g, '') + comment;
    end = index + comment.length;
  }
  return { path, text: comments };
}
