// What session attributes and timers may hold: values that can be stored and replicated as JSON.

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };
