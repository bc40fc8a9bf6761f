// Columns for a terminal, and what may be written to one.

export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [heads, ...rows].map((row) => row.map((cell) => printable(String(cell))));
  const widths = heads.map((_head, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** What a peer wrote must not steer the terminal (A22). */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
