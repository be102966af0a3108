/** The provider's SDK with nothing around it, in a process of its own: it reads so many replies at a time, over and over. */
import { setMaxListeners } from 'node:events';
import OpenAI from 'openai';

const [baseURL = '', streams = '0'] = process.argv.slice(2);
const client = new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 });
const stop = new AbortController();
// Every request hears it.
setMaxListeners(0, stop.signal);
let tokens = 0;

const read = async (): Promise<void> => {
  while (!stop.signal.aborted) {
    const stream = await client.chat.completions.create(
      {
        model: 'bench',
        messages: [{ role: 'user', content: 'go on' }],
        stream: true,
        stream_options: { include_usage: true },
      },
      { signal: stop.signal },
    );
    for await (const chunk of stream) {
      const content = chunk.choices[0]?.delta.content;
      if (typeof content === 'string' && content !== '') tokens += 1;
    }
  }
};

for (let at = 0; at < Number(streams); at += 1) {
  read().catch((error: unknown) => {
    // One that fails would make the others look cheap: it all ends.
    if (!stop.signal.aborted) console.error(error);
    end();
  });
}
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ tokens, processorSeconds: (user + system) / 1e6 });
});
const end = (): void => {
  stop.abort();
  if (process.connected) process.disconnect();
};
process.on('disconnect', end);
