/**
 * A provider of models that costs next to nothing, in a process of its own: it streams words to whoever asks, each reply at
 * the same pace and all of them out of step, as OpenAI's chat completions.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Metronome } from '../metronome.js';

const [tokensPerSecond = 0, wordBytes = 0, replyTokens = 0] = process.argv.slice(2).map(Number);

const eventOf = (rest: object): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-0123456789abcdef', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'bench', ...rest })}\n\n`;
const choiceOf = (delta: object, finish_reason: string | null): object => ({
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
});
const WORD = eventOf(choiceOf({ content: 'w'.repeat(Math.max(1, wordBytes - 1)).concat(' ') }, null));
const END =
  eventOf(choiceOf({}, 'stop')) +
  eventOf({
    choices: [],
    usage: { prompt_tokens: 10, completion_tokens: replyTokens, total_tokens: 10 + replyTokens },
  }) +
  'data: [DONE]\n\n';

interface Reply {
  readonly response: ServerResponse;
  left: number;
}

/** Replies in their order: each beat is the next one's, so that they are out of step. */
const replies: Reply[] = [];
let next = 0;
const metronome = new Metronome(() => {
  if (replies.length === 0) return;
  next %= replies.length;
  const reply = replies[next] as Reply;
  reply.left -= 1;
  if (reply.left > 0) reply.response.write(WORD);
  else {
    reply.response.end(WORD + END);
    remove(reply);
  }
  next += 1;
});

const remove = (reply: Reply): void => {
  const at = replies.indexOf(reply);
  if (at === -1) return;
  replies.splice(at, 1);
  metronome.set(tokensPerSecond * replies.length);
};

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const reply: Reply = { response, left: replyTokens };
    replies.push(reply);
    response.on('close', () => remove(reply));
    metronome.set(tokensPerSecond * replies.length);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
});
process.on('disconnect', () => {
  metronome.set(0);
  server.close();
  server.closeAllConnections();
});
