// The terminal of a command: its output, and the exit status with which it ends. RULES.md section 8.

/** Where a command writes. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** 0: it is done; 1: it failed; 2: wrong usage. */
export type ExitStatus = 0 | 1 | 2;
