// Habits of wording that make comments, messages and documents read as if they were translated.
import { type Node, nodesOf, type Source, treeOf } from './sources.js';

/** Each pattern with what to write instead. A blank in it also matches the end of a line. */
const HABITS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/(?<!\b[Tt]here )\b(?:is|are|was|were) no (?!longer|more|less|fewer|later|greater)/, 'is not a …'],
  [/(?<!\b[Tt]here )\b(?:is|are|was|were) none\b(?! of)/, 'is not a …'],
  [/\bno \w+ at all\b/, 'not a …'],
  [/\b[Tt]hat what\b/, 'that the … which'],
  [/\b(?:is|are|was|were) what\b/, 'name the thing'],
  [/\b(?:Who|Whose)\b(?![^.]*\?)|[.;:] (?:who|whose)\b/, 'the … that'],
  [/\b[Ww]ho(?:m|so|s)?ever\b/, 'anyone who, the … that'],
  [/\bof which\b/, 'two sentences'],
  [/\bhow manieth\b/, 'the position of'],
  [/\b(?:anew|thereby|whereupon|thereof|therein|hitherto)\b/, 'again, so, then'],
  [/\bmay not\b/, 'must not, might not'],
  [/\b(?:is|are|was|were) to be \w+ed\b/, 'must be …'],
  [/\bstands? (?:in|behind|before|there|over|above|below)\b/, 'is'],
  [/\bbears?\b/, 'has'],
  [/(?<!soon |long |far |often )\bas it (?:is|was|came|comes|stands|stood)\b/, 'unchanged, as received'],
  [/\bbut for\b/, 'except'],
  [/\bbe it\b|\bwere it not\b/, 'whether, if'],
  [/\bnobody knows\b/, 'unknown'],
  [/\bon the way of\b/, 'while … is handled'],
];

const PATTERNS = HABITS.map(([pattern, instead]) => {
  const source = pattern.source.replaceAll(' ', String.raw`(?: +|\n *)`);
  return { pattern: new RegExp(source, 'g'), instead };
});

/** `path:line 'words' (write instead)` for each habit in the comments and strings of sources, and in documents. */
export function habitsIn(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const text = source.path.endsWith('.md') ? documentText(source.text) : proseOf(source);
    return PATTERNS.flatMap(({ pattern, instead }) =>
      [...text.matchAll(pattern)].map(({ 0: words, index }) => {
        const line = text.slice(0, index + words.search(/\w/)).split('\n').length;
        return `${source.path}:${line} '${words.trim().replace(/\s+/g, ' ')}' (write: ${instead})`;
      }),
    );
  });
}

/** A document without what it quotes as code. */
function documentText(text: string): string {
  return text.replace(/^```[\s\S]*?^```|`[^`\n]*`|<!--[\s\S]*?-->/gm, blank);
}

/** The comments and strings of a source, each at its place, and blanks elsewhere. */
function proseOf(source: Source): string {
  const { text } = source;
  let prose = '';
  let end = 0;
  for (const { start, end: next, isProse } of literalsOf(source)) {
    prose += commentsIn(text.slice(end, start));
    prose += isProse ? text.slice(start, next) : blank(text.slice(start, next));
    end = next;
  }
  return prose + commentsIn(text.slice(end));
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly isProse: boolean;
}

/** Literals in order: strings and the text in templates, and regular expressions. */
function literalsOf(source: Source): Span[] {
  return [...nodesOf(treeOf(source))]
    .filter(({ type, value }) => type === 'TemplateElement' || (type === 'Literal' && typeof value !== 'number'))
    .map(({ start, end, type, value }: Node) => ({
      start,
      end,
      isProse: type === 'TemplateElement' || typeof value === 'string',
    }))
    .sort((a, b) => a.start - b.start);
}

/** Code without literals, reduced to its comments, and these without their marks. */
function commentsIn(code: string): string {
  return code.replace(/(\/\/.*)|(\/\*[\s\S]*?\*\/)|[^\n]/g, (_whole, line?: string, block?: string) => {
    if (line !== undefined) return line.replace(/^\/\/+/, blank);
    return block === undefined ? ' ' : block.replace(/^\/\*+|\*\/$|^ *\*/gm, blank);
  });
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
