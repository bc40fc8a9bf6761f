// Uncaught rejections and exceptions: an application's stray promise or timer must not end the process, and with it the
// calls of others (C-41).

/** Passes each to `caught`. The returned function stops that. */
export function catchStrays(caught: (error: unknown) => void): () => void {
  const listener = (error: unknown): void => caught(error);
  process.on('unhandledRejection', listener);
  process.on('uncaughtException', listener);
  return () => {
    process.off('unhandledRejection', listener);
    process.off('uncaughtException', listener);
  };
}
