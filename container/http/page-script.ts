// The script of the console. It is one string, because the page embeds it and loads nothing else.
import { LADDER } from './ladder.js';

export const SCRIPT = `
'use strict';
const $ = (id) => document.getElementById(id);
const make = (tag, text, className) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const row = (cells, className) => {
  const tr = make('tr', undefined, className);
  for (const cell of cells) {
    const td = make('td');
    if (cell instanceof Node) td.append(cell);
    else td.textContent = cell;
    tr.append(td);
  }
  return tr;
};
const time = (ms) => new Date(ms).toLocaleTimeString();
${LADDER}

let token = sessionStorage.getItem('siplet-token') || '';
let shown;

async function ask(path) {
  const answer = await fetch(path, token ? { headers: { Authorization: 'Bearer ' + token } } : {});
  if (answer.status === 401) {
    $('login').hidden = false;
    throw new Error('a token is needed');
  }
  $('login').hidden = true;
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || path + ' answers ' + answer.status);
  return answer;
}

async function refresh() {
  try {
    const apps = await (await ask('/api/apps')).json();
    $('apps').replaceChildren(...apps.map((app) => {
      const handlers = make('div');
      for (const line of app.handlers) handlers.append(make('div', line, 'dim'));
      if (app.error) handlers.append(make('pre', app.error, 'failed'));
      return row([app.name, app.version, make('span', app.state, app.state), app.sessions, handlers]);
    }));
    const calls = await (await ask('/api/calls')).json();
    $('calls').replaceChildren(...calls.slice(0, 200).map((call) => {
      const state = call.state + (call.status ? ' ' + call.status : '');
      const tr = row([time(call.began), call.method, call.from, call.to, make('span', state, call.state), call.messages, make('code', call.callId)], 'call');
      tr.onclick = () => show(call.callId);
      return tr;
    }));
    $('note').textContent = '';
  } catch (error) {
    $('note').textContent = error.message;
  }
}

async function show(callId) {
  shown = callId;
  let call;
  try {
    call = await (await ask('/api/calls/' + encodeURIComponent(callId))).json();
  } catch (error) {
    $('note').textContent = error.message;
    return;
  }
  // Another call was selected in the meantime.
  if (shown !== callId) return;
  $('call').hidden = false;
  $('message').hidden = true;
  $('call-title').textContent = callId;
  const { head, steps } = ladderOf(call);
  $('ladder').replaceChildren(make('span', head, 'step dim'), ...steps.map((text, index) => {
    const step = make('span', text, 'step');
    step.onclick = () => {
      $('message').hidden = false;
      $('message').textContent = call.trace[index].text;
    };
    return step;
  }));
  if (call.omitted > 0) $('ladder').append(make('span', 'and ' + call.omitted + ' more, which are not kept', 'dim'));
}

let waiting;
const soon = () => { waiting ??= setTimeout(() => { waiting = undefined; refresh(); }, 300); };

function tell(kind, data) {
  const what = kind === 'problem' ? data.message + (data.error ? ': ' + data.error : '')
    : kind === 'call' ? data.state + ' ' + data.method + ' ' + data.callId
    : data.kind + ' ' + data.name + ' ' + (data.version || '') + (data.error ? ': ' + data.error : '');
  $('events').prepend(row([time(Date.now()), make('span', kind, data.level || data.kind), what]));
  while ($('events').children.length > 200) $('events').lastChild.remove();
  soon();
  if (kind === 'call' && [data.callId, ...(data.callIds || [])].includes(shown)) show(shown);
}

async function listen() {
  for (;;) {
    try {
      const answer = await ask('/api/events');
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const blocks = (rest + value).split('\\n\\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const kind = /^event: (.*)$/m.exec(block);
          const data = /^data: (.*)$/m.exec(block);
          if (kind && data) tell(kind[1], JSON.parse(data[1]));
        }
      }
    } catch (error) {
      $('note').textContent = error.message;
    }
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

$('login').onsubmit = (event) => {
  event.preventDefault();
  token = $('token').value;
  sessionStorage.setItem('siplet-token', token);
  refresh();
};
refresh();
setInterval(refresh, 5000);
listen();
`;
