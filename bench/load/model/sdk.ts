/** The provider's SDK with nothing around it, in a process of its own: it reads so many replies at a time, over and over. */
import OpenAI from 'openai';

const [baseURL = '', streams = '0'] = process.argv.slice(2);
const client = new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 });
let tokens = 0;

const read = async (): Promise<void> => {
  for (;;) {
    const stream = await client.chat.completions.create({
      model: 'bench',
      messages: [{ role: 'user', content: 'go on' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      const content = chunk.choices[0]?.delta.content;
      if (typeof content === 'string' && content !== '') tokens += 1;
    }
  }
};

for (let at = 0; at < Number(streams); at += 1) {
  read().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ tokens, processorSeconds: (user + system) / 1e6 });
});
process.on('disconnect', () => process.exit());
