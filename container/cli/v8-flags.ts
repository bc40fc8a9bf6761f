// What `siplet run` tells V8 before the container is loaded; what an operator has told Node of it stands.

/** Known to every V8 that Node has from 20 on. */
export const V8_FLAGS: readonly string[] = [
  // Percent that the heap grows by, beyond what is alive, before it is collected. V8 would choose between 10 and 300 by
  // how busy it was last, so that memory went up to four times of what is in use now and then.
  '--heap-growing-percent=100',
  // How much may be put into one function where it is called, in octets of bytecode; V8 has 920. A message
  // passes some hundred small functions: a few per cent of the CPU a call. With 4000, and 2000 for each function
  // that is put in, a run lost calls.
  '--max-inlined-bytecode-size-cumulative=1500',
  // Lists of what lives as long as a call would be taken for long-lived, and made among the old: there they keep what
  // they held, when it is dead, until the next full collection, and each of the many small ones copies it twice. A
  // third of what these copied was that.
  '--no-allocation-site-pretenuring',
];

/** Those that the operator has said nothing about, to Node, in words such as `--heap_growing_percent=50`. */
export function v8FlagsBeside(words: readonly string[]): string[] {
  const said = words.map(nameOf);
  return V8_FLAGS.filter((flag) => !said.includes(nameOf(flag)));
}

/** Of a flag with its value, or with its no. */
function nameOf(flag: string): string {
  return flag
    .replaceAll('_', '-')
    .replace(/^--(no-?)?/, '')
    .replace(/=.*/, '');
}
