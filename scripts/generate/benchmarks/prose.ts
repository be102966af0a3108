/** The parts of the benchmarks page that are prose. */

export const INTRODUCTION = `# Benchmarks

\`\`\`sh
npm run bench:peers                       # the gateway beside other servers, in one run; -- --help lists them
npm run bench:load -- --help              # a whole server under load from many connections
npm run bench:micro                       # one function at a time; a part of a name picks some
\`\`\`

Figures of different machines, or of different hours of one, do not compare. So what is claimed here is a ratio to a named
server in the same run, with its command. Every table is made from a file in \`bench/results/\`, which says machine, versions
and every round:

\`\`\`sh
npm run bench:peers -- --write-docs                           # measures, and writes that part of this page
npm run bench:load -- … --json bench/results/load-NAME.json   # these two
npm run bench:micro -- --json bench/results/micro.json
npm run generate                                              # write it from the files
\`\`\`
`;

export const PEERS = `## Beside other servers

The same small exchange with each: \`system.ping\` with a new id, and its answer. A server has one core, the client another. In each
round all servers are started afresh, play for a while, and then take turns of a quarter of a second, in reverse order every
other time; ratios are taken within a round, so what slows the machine for longer than a moment slows all alike. The client is
the same program for all: bare sockets, frames made once, answers counted by their heads (the first of each connection is read, and no other may differ in length); it runs
on Bun where there is one, whose sockets cost it less.

A server that took less than 90 % of its core waited for somebody, the client for the most part, so its messages a second are not
its own; nor are they where the client took more than 90 % of its core, too, as with one request in flight, when each waits for
the other. Then only processor time for a message compares, and goals are judged by that.

Servers that do the *same work* are the fair comparison: they let in who has the token, check the envelope and the params with the
same Ajv schemas, count the message in the same rate limit, and answer. The gateway is the program as it is shipped,
with every guard on and its rate limit turned up to 10⁹.
`;

export const PEERS_NONE =
  'No run is recorded yet: `npm run bench:peers -- --write-docs` makes one, and this table of it.\n';

export const LOAD = `## Under load

\`bench:load\` starts a server and its clients in processes of their own. The clients are bare sockets with frames made
once, which count answers by a few of their bytes and read one in a thousand as a whole. Every result says what processor
time server, clients and other programs took, and warns where the clients or other programs were the limit.

\`\`\`sh
npm run bench:load -- --scenario rpc --connections 64 --depth 16 --against raw --pin --html rpc.html
\`\`\`

\`--against raw\` measures \`bench/peers/raw.ts\` directly afterwards in the same way and prints both side by side: bare
uWebSockets.js that does the least a server on that library can do for the same clients. \`--pin\` gives the server the first core
alone and the clients the others. Both together make a ratio that two machines can agree on; what takes part in it is
the processor time for each message, which suffers less from a busy machine than messages a second.

| scenario | what it does | what \`raw\` does | turned by |
| --- | --- | --- | --- |
| \`rpc\` | \`system.ping\`, so many in flight on each connection, or at a rate | echoes | \`--connections --depth --rate --sizes\` |
| \`connect\` | connects, upgrades, authenticates, hangs up, again | echoes the handshake | \`--at-once\` |
| \`idle\` | connections that only answer pings: memory of each, cost of a heartbeat | pings | \`--connections --heartbeat\` |
| \`stream\` | S streams at T tokens a second, each on a connection of its own | a corked send to each in turn | \`--streams --tokens --word-bytes\` |
| \`models\` | the same from a provider of models, as \`chat.completions\`, beside its SDK alone | none | \`--streams --tokens --word-bytes\` |
| \`fanout\` | one stream, N followers | the library's \`publish\` | \`--followers --tokens --word-bytes\` |
| \`slow\` | the same, and a part of the followers stops reading, then goes on | the library's \`publish\`, which drops | and \`--stalled\` |
| \`send\` | \`chat.send\`, acknowledged once it is on the disk, while the replies take their time; one in flight for each connection | stores the same in the same store | \`--connections\` |
| \`chat\` | \`chat.send\` with replies that come at once, one in flight for each connection | the same writes to the same store | \`--connections\` |
| \`mixed\` | pings, channel calls and chats at a rate | nothing | \`--connections --rate\` |
| \`storm\` | all connections drop and come back at once, with their sessions | echoes the handshake | \`--connections --rounds\` |
| \`soak\` | the mixed load for minutes: slopes of memory and descriptors | nothing | \`--connections --rate --minutes\` |

\`--scenario NAME --help\` says more about each. Some recipes:

\`\`\`sh
# What a connection that is merely there costs: the same rate over ever more of them, as far as descriptors go.
npm run bench:load -- --scenario rpc --rate 5000 --sizes 100,1000,10000,50000 --pin --svg growth.svg
# Streams beside a bare send loop, both on one core.
npm run bench:load -- --scenario stream --streams 1000 --tokens 20 --against raw --pin
npm run bench:load -- --scenario fanout --followers 10000 --tokens 5 --against raw --pin
npm run bench:load -- --scenario chat --connections 256 --against raw --pin
# An hour; a line a minute, Ctrl+C ends it with what was measured so far.
npm run bench:load -- --scenario soak --minutes 60 --json soak.json
# Two results of different days or versions, and a page of one.
npm run bench:load -- --compare old.json new.json --html compare.html
npm run bench:load -- --show soak.json --html soak.html
# A gateway that runs somewhere else. Its limits hold: see gateway.rate_limit and gateway.max_connections_per_ip there.
OPENCLAW_TOKEN=$(cat token) npm run bench:load -- --scenario rpc --rate 100 --url wss://gateway.example
\`\`\`

What to know about the figures:

- A latency counts from when a request was due (\`--rate\`) or sent. At a depth above 1 it is that of the queue, not of the
  server. Histograms have buckets of 1/64 of their value; a percentile is the upper edge of its bucket, and one that too
  few samples support is left out.
- At depth 1 a client pays as many system calls for a message as the server, so one core of clients does not outrun one core of a
  server there: read the processor time for each message, or give the clients more cores.
- Processor time is that of the whole process with all of its threads: the gateway's memory and reasoning threads count.
- The gateway's rate limit counts every message and lets it through; the limits for strangers are off.
- Of 16 streams one is read as a whole: a chunk that is missing or comes twice is a wrong answer, and there is a goal of 0.
- A process may hold no more connections than \`ulimit -n\` less 256: sizes that do not fit end there, and the result says so.
- Not on Linux there are no figures of processes, and no \`--pin\`.
`;

export const IDLE = `### Idle connections

Machine: 2 cores (AMD EPYC, a virtual machine), 24 GiB, Debian 12, Node 20.20.2, uWebSockets.js 3.0.6 (npm \`uwebsockets\`).
19 700 connections, because that machine allows a process 20 000 descriptors and the gateway keeps 256 back. **The
machine was busy with other programs (76–99 % of both cores, but for one run of \`raw\`)**, so processor times are
uncertain: those of the same program differ by up to half. Each cell is the range over all runs of the code as it is.

\`\`\`sh
npm run bench:load -- --scenario idle --connections 19700 --seconds 15 --heartbeat 2 [--server raw]
npm run bench:load -- --scenario idle --connections 19700 --seconds 40 [--server raw]
\`\`\`

| figure | gateway | raw | goal | |
| --- | --- | --- | --- | --- |
| resident memory of a connection (1) | 1.4–1.7 KB | 0.55–0.6 KB | ≤ 2 KB | reached |
| the same, young generation included (2) | 2.3–2.6 KB | 0.7–0.9 KB | | |
| of that in the JavaScript heap | 1.05 KB | 0.08 KB | | |
| a heartbeat, at an interval of 2 s (3) | 18–24 µs, 7 runs | 11–21 µs, 7 runs | ≤ 12 µs | **missed** |
| processor time at the default interval of 30 s | 1.8–2.5 % of a core, 3 runs | 1.3 %, 1 run | ≤ 3 % | reached |

1. The slope of resident memory over 4 925 to 19 700 connections, after a collection and without the pages of V8's
   young generation.
2. Those pages fill with the garbage of the first handshakes and stay at 32 MiB at most, however many connections follow.
   In a crowd this small they add about 1 KB to each, and with them the figure is above the goal. Once they had stopped
   growing (from 9 850 to 19 700 connections, one run) the slope with them was 1.6 KB.
3. Ping and pong, everything else the process does included. The bare library took less than the goal in one run of
   seven; a gateway run directly before or after a bare one took 3 to 9 µs more. In a processor profile of the gateway the
   call of the library's \`send\`, so for the most part the kernel's, is by far the largest item; on loopback it does the
   receiver's part of the network's work as well. What a quiet machine or a real network would show is not known.

Before sessions were made smaller, the same instrument found 1 413 bytes of heap, and in one run 1.9 KB resident (2.9 KB with
the young generation) and 25 µs for a heartbeat. The difference in memory is certain, that in time is within the noise.
`;

export const MICRO = `## One function at a time

Medians of [tinybench](https://github.com/tinylibs/tinybench), each file in a fresh process; what the memory does is timed call by
call. The memory's goals, over two or three runs of each, most of them beside other programs:

| goal | measured | |
| --- | --- | --- |
| search in a channel of 100 000 messages: p99 below 20 ms | 7.8–13 ms | reached |
| recall there: p99 below 20 ms | 7.1–11 ms | reached |
| \`system.ping\` beside searches without a pause: p99 below 2 ms | 1.7 and 2.8 ms; 3.3 and 3.9 ms beside other programs | reached in one of two quiet runs |
| opening a database of 1 000 000 messages: below 300 ms | 60–78 ms, at most 105 ms | reached |
| messages stored with 256 in flight: 15 times those of a commit for each | 16.6–17.3 times, four runs | reached |

The last is what is acknowledged. The words of a message go into the full-text index behind that, at about 60 to 80 µs of the memory
thread each, so that many more messages for longer than some seconds are stored as fast as they are indexed. When both happened in
one transaction, the ratio was 3.4 to 4.7: here the disk syncs in less than half a millisecond.
`;

export const PROFILE = `## Where the time goes

Of a \`system.ping\` at 64 × 16, in nanoseconds of processor time, by perf(1) (\`cpu-clock\`, 7 000 samples a second, one run each,
directly one after the other; sampling itself adds a fifth). “Before” is without the first, third and fourth of what helped, below:

| part | bare echo | the gateway before | the gateway now |
| --- | --- | --- | --- |
| kernel | 480 | 480 | 465 |
| Node.js and V8: the calls from the library and back, array buffers, garbage | 325 | 420 | 400 |
| compiled JavaScript | 5 | 150 | 105 |
| the library | 45 | 55 | 50 |
| malloc and the like | 55 | 85 | 85 |
| in all | 915 | 1 190 | 1 110 |

Two views on a message's bytes, one to look at single bytes and one to look at words, are most of what is left: each is 35 ns, of which making it
is a third and the garbage the rest.

What helped, in the order of its gain:

- The functions on a message's way are many and small, and V8 compiles at most 920 bytes of bytecode of what a function calls
  into it. \`openclaw gateway\` asks for 2 000 (\`cli/gateway.ts\`): the whole way is one function then, a twentieth less.
- Every look into a typed array asks first whether its bytes have been taken away, because uWebSockets.js takes away those of each
  message. So a request is compared with the one before eight bytes at a time, as numbers of a \`Float64Array\`, with
  numbers from a plain array, to which they were added one by one: spread into it, each would be a box. The request's length is
  cut to 32 bits, or everything that is reckoned with it becomes a double. Its id is looked at once, as it is written into the answer.
- An answer that never changes has bytes of its own for each length of an id, which go to the socket as the buffer they fill: a
  view on a larger one costs it 3 %.
- What every message touches of its connection, session and rate limiter is declared first and together: with a thousand connections
  each object is one more wait for memory.
- The rate limiter looks at the time once for messages of one time, and counts in a number instead of a typed array.
- A string that is compared on every message (\`method === …\`, \`outcome === …\`) is looked up for being an internal one: a number or
  a boolean of the route is not.
- A single frame outside of a callback needs no cork: header and payload leave in one write anyway, and \`send\` then says
  truly whether something is left, so that \`getBufferedAmount\` is asked for half as often.
- A chunk of plain characters is its own JSON; what crosses from the reasoning thread is two arrays instead of one for each event.
- Chunks that are kept are bytes outside of the JavaScript heap. As strings and objects each was copied twice by the garbage
  collector before it knew that it stays: every 16 MiB of garbage a pause of 5 to 12 ms, in which four threads of V8's compete
  for the core. That was most of the delay of streams, and 1.5 µs a chunk.
- A reader at the head of its log is queued through its cursor and gets the newest chunk as it came: no array, no search, and no
  frame kept for others where there are none. What every chunk passes is few objects: with a thousand streams each that is one
  more waits for memory.
- An index of −1 into an array (\`entries[entries.length - 1]\` of an empty one) makes the access megamorphic for good.
- Parameters of SQL statements by position instead of by name.
- Ids of messages begin with their time: random ones changed another page of the store's index with each message.
- What is stored is indexed behind the acknowledgement, and a channel that is recalled as a whole is not indexed for that.
- Handshakes: ids from a pool of random bytes, the host's name parsed once, principals and empty queues of notifications kept
  for whoever comes back at once.

What was tried and did not help: replies as strings; a message copied to a place where it can be looked at as words, instead of a
second view on it (faster alone, slower in the gateway); several bytes at a step of a loop; a smaller or larger young generation
of V8's heap, or its collection by one thread; events that cross threads as one joined string (slower than two arrays); larger
transactions for the index (a quarter faster with 4 096 messages instead of 40, which would hold up others for a third of a
second); storing growing replies at common times, which the timer wheel does already.

The load's goals, from the tables above and other runs of the same day and machine:

| goal | measured | |
| --- | --- | --- |
| streams: a chunk at 0.6 of the processor time of the bare loop or better | 0.52–0.77, fifteen runs, the middle one 0.58; 0.62–0.70 in four on another machine | **missed** by a little here |
| streams: p99 between two chunks less than 5 ms above the pace | 1.2–2.7 ms in all of them (bare loop 1.2 ms) | reached |
| fan-out to 1 000 and 10 000: 0.8 of \`publish\` | 0.98, 0.96 | reached |
| handshakes: 0.7 of bare ones | 0.97–1.12 by rate, where the clients were the limit; 0.73–0.80 by processor time, six runs | reached |
| durable \`chat.send\`, 256 in flight: 0.8 of the store alone | 0.79, 0.82 and 0.84 by rate, 0.78–0.84 by processor time | reached by two of three |
| an idle connection: 2 KB at most | 1.7 KB | reached |
| a message at a fixed rate, from 100 to 19 700 connections: less than 30 % more | 6 and 18 %, two runs | reached |

From a provider, 200 streams at 50 tokens a second (\`--scenario models\`): a token takes 58 and 59 µs through the whole gateway, received,
stored and sent, where reading it with the provider's SDK and nothing around it takes 37 and 41 µs: 1.44 and 1.57 times, two runs.
With 100 chats behind a tool that spins its processor and 100 behind a provider that hangs, a neighbour's \`system.ping\` has a
p99 of 1.8 ms, the longest of 555 took 4 ms (\`npm test -- faults/isolation\`; goal 5 ms).

Of a streamed chunk the embedded engine, which stands in for a model, takes a tenth, storing it less than a tenth and garbage
collection about 4 %, all of them threads that the bare loop has no counterpart of, on the same core.

Beside \`Bun.serve\` doing the same work the gateway is level: 1.01, 1.01 and 0.98 in the tables above, 1.01, 1.01 and 1.01 in a
run half an hour before, while the rounds of one run differ by as much as 5 %. The rest of what it costs is the library's own
way into JavaScript and back, of which bare echo pays the same. Of \`ws\` doing the same work on Node.js it is 1.7 to 9 times ahead. Earlier
versions of this page had ratios between 0.74 and 1.11 for one and the same load: servers were measured one behind the other then, and
the machine did not stay as fast from one to the next.
`;

export const WORKERS = `## More than one socket thread

\`gateway.workers = 2\` beside 1 ([how it works](architecture.md#more-than-one-core)), on two cores that the clients share:

| load | 1 | 2 |
| --- | --- | --- |
| \`system.ping\`, 64 × 16, two runs | 640 781 and 757 213 /s at 1.50 and 1.26 µs | 748 467 and 740 998 /s at 1.65 and 1.62 µs |
| one stream to 1 000 followers at 150 tokens/s | 5.81 µs a chunk, p99 10.7 ms above the pace | 5.62 µs, 8.4 ms |

So a short request costs 10 to 30 % more, which two cores that are shared do not pay back. It pays where a core is to spare and the
main thread is at its limit; this machine cannot show from how many on.

\`\`\`sh
npm run bench:load -- --scenario rpc --connections 64 --depth 16 --seconds 5 --workers 2
npm run bench:load -- --scenario fanout --followers 1000 --tokens 150 --seconds 5 --workers 2
\`\`\`
`;
