// The flags that `siplet run` sets in V8 before the container is loaded. The operator's own flags take precedence.

/** Every V8 since Node 20 knows them. */
export const V8_FLAGS: readonly string[] = [
  // Percentage by which the heap grows, beyond its live objects, before it is collected. V8 would choose between 10 and
  // 300 by how busy it was last, so now and then the memory would grow to four times its live objects.
  '--heap-growing-percent=100',
  // The limit, in octets of bytecode, for inlining into one function; V8's default is 920. A message passes some
  // hundred small functions: this saves a few per cent of the CPU time of a call. With 4000, and 2000 for each inlined
  // function, a run lost calls.
  '--max-inlined-bytecode-size-cumulative=1500',
  // V8 would take lists that live as long as a call for long-lived, and allocate them in the old generation. There,
  // dead lists keep their elements alive until the next full collection, and the many small collections copy each
  // element twice. These were a third of all copied objects.
  '--no-allocation-site-pretenuring',
];

/** The flags that the operator has not given to Node, in words such as `--heap_growing_percent=50`. */
export function v8FlagsBeside(words: readonly string[]): string[] {
  const said = words.map(nameOf);
  return V8_FLAGS.filter((flag) => !said.includes(nameOf(flag)));
}

/** The name of a flag that has a value or a `no` prefix. */
function nameOf(flag: string): string {
  return flag
    .replaceAll('_', '-')
    .replace(/^--(no-?)?/, '')
    .replace(/=.*/, '');
}
