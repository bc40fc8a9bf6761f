// What a command has of the terminal: where it writes, and the exit status that it ends with. RULES.md section 8.

/** Where a command writes. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** 0: it is done; 1: it failed; 2: wrong usage. */
export type ExitStatus = 0 | 1 | 2;
