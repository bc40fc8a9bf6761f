// The values of session attributes and timers: they can be stored and replicated as JSON.

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };
