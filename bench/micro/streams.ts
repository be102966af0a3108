/** What does a token cost as a stream's followers grow: append to the log, one frame encoded, each cursor moved? */
import { Bench } from 'tinybench';
import { Stream } from '../../server/core/streams/stream.js';
import { createChannel, createPrincipal, createSession, createShared } from './lib/peer.js';
import { report } from './lib/report.js';

const FOLLOWERS = [1, 100, 10_000];
const CHUNK = ' token';
/** The log is cut back this often, as it is once replies are no longer kept. */
const KEEP_ENTRIES = 1024;

const bench = new Bench({ time: 1000, warmupTime: 300 });
const nameOf = (followers: number): string => `one token, ${followers} cursor${followers === 1 ? '' : 's'}`;
for (const followers of FOLLOWERS) {
  const { shared, flush } = createShared();
  const principal = createPrincipal();
  const channel = createChannel(principal);
  for (let i = 0; i < followers; i += 1) createSession(principal, shared).subscribe(channel);
  const stream = new Stream('msg-bench');
  channel.log.begin(stream);
  bench.add(nameOf(followers), () => {
    channel.log.appendChunk(stream, CHUNK);
    shared.pump.logGrew(channel.log);
    flush();
    if (channel.log.end - channel.log.first > KEEP_ENTRIES) channel.log.forgetBefore(channel.log.end);
  });
}
await bench.run();
report('A stream, per token', bench);
report(
  'A stream, per token and cursor',
  bench,
  (name) => FOLLOWERS.find((followers) => nameOf(followers) === name) ?? 1,
);
