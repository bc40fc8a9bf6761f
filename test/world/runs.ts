// How much a test of many cases plays: the usual number, or all of them with THOROUGH=1, as .ci/run has it.

export function runs(usual: number, thorough: number): number {
  return process.env.THOROUGH ? thorough : usual;
}
