// Table 4 of RFC 3261, as the phones have it.
export const T1 = 500;
export const T2 = 4000;
/** The longest that anything lives: Timers B, F, H. A script waits a little longer for what it wants to see. */
export const LIFETIME = 64 * T1;
