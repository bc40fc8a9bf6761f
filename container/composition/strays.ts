// Rejections and exceptions that nobody catches: an application's stray promise or timer must not end the process, and
// the calls of the others with it (C-41).

/** `caught` is told each of them. Returns what ends it. */
export function catchStrays(caught: (error: unknown) => void): () => void {
  const listener = (error: unknown): void => caught(error);
  process.on('unhandledRejection', listener);
  process.on('uncaughtException', listener);
  return () => {
    process.off('unhandledRejection', listener);
    process.off('uncaughtException', listener);
  };
}
