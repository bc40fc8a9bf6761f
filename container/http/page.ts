// The console: one self-contained page. Text from peers is inserted as text, never as markup.
import { createHash } from 'node:crypto';
import { SCRIPT } from './page-script.js';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: #777; --bad: #c33; --good: #283; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1200px; padding: 1rem; }
h1 { font-size: 1.2rem; margin: 0 0 .5rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .2rem .6rem .2rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--dim); } code, pre, .ladder { font: 12px/1.4 ui-monospace, monospace; }
pre { white-space: pre-wrap; word-break: break-word; background: #8881; padding: .5rem; margin: .3rem 0; }
tr.call, .step { cursor: pointer; } tr.call:hover, .step:hover { background: #8882; }
.failed, .error, .fatal { color: var(--bad); } .active, .established { color: var(--good); } .dim, .draining, .warn { color: var(--dim); }
.ladder { overflow-x: auto; } .step { display: block; white-space: pre; }
#events { max-height: 16rem; overflow-y: auto; } #note { color: var(--bad); min-height: 1.4em; }
button, input { font: inherit; }`;

const BODY = `
<h1>Siplet</h1>
<form id="login" hidden><label>Token <input id="token" type="password" autocomplete="current-password"></label> <button>Open</button></form>
<div id="note" role="status"></div>
<h2>Applications</h2>
<table><thead><tr><th>name</th><th>version</th><th>state</th><th>sessions</th><th>handlers</th></tr></thead><tbody id="apps"></tbody></table>
<h2>Calls</h2>
<table><thead><tr><th>began</th><th>method</th><th>from</th><th>to</th><th>state</th><th>messages</th><th>Call-ID</th></tr></thead><tbody id="calls"></tbody></table>
<section id="call" hidden><h2 id="call-title"></h2><div class="ladder" id="ladder"></div><pre id="message" hidden></pre></section>
<h2>Events</h2>
<table><tbody id="events"></tbody></table>`;

export const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Siplet</title>
<link rel="icon" href="data:,"><style>${STYLE}</style></head><body>${BODY}
<script>${SCRIPT}</script></body></html>
`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The page may load only what it contains, and send requests only to its own origin. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hash(STYLE)}`,
  `script-src ${hash(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
