// Purposes that no test shows, and why.

export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'PTG-02':
    'The application decides the targets, in whatever domain the Request-URI is: proxyTo never throws for that. RULES.md section 4 (C-16 to C-19) has precedence over the item.',
  'UAS-04':
    'What an application can read of a body is its own matter, so it answers 415 itself; no media type, encoding or language is beyond the container, which reads none.',
};
