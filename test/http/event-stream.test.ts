// Server-sent events are bounded for each client: a client that does not read is let go.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { EventStreams } from '../../container/http/event-stream.js';
import { Events } from '../../container/observe/events.js';

test('C30 a client that does not read is let go, and one that reads is not', async () => {
  const events = new Events();
  const streams = new EventStreams(events);
  const deaf = present(streams.open());
  const reader = present(present(streams.open()).body).getReader();
  for (let i = 0; i < 400; i++) {
    events.tell('problem', { i });
    await reader.read();
  }
  expect(events.listeners).toBe(1);
  expect(present((await deaf.text()).match(/^event: /gm)).length).toBeLessThanOrEqual(256);
  await reader.cancel();
  expect(events.listeners).toBe(0);
});

test('what is told is one block of lines, whatever is in it', async () => {
  const events = new Events();
  const streams = new EventStreams(events);
  const answer = present(streams.open());
  events.tell('problem', { message: 'one\n\nevent: forged\ntwo' });
  streams.close();
  expect(await answer.text()).toBe(
    ': siplet\n\nid: 1\nevent: problem\ndata: {"message":"one\\n\\nevent: forged\\ntwo"}\n\n',
  );
});
