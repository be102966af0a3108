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

The same small exchange with each: \`system.ping\` with a new id, and its answer. A server has one core, the client another, and
each measurement a fresh server that has played for a while. Each round goes through the servers in the reverse
order of the one before, and ratios are taken within a round. The client is the same program for all: bare sockets, frames made
once, answers counted by their heads (the first of each connection is read, and no other may differ in length); it runs
on Bun where there is one, whose sockets cost it less.

A server that took less than 90 % of its core waited for somebody, the client for the most part, so its messages a second are not
its own: then only its processor time compares, and goals are judged by that.

Servers that do the *same work* are the fair comparison: they let in who has the token, check the envelope and the params with the
same Ajv schemas, count the message in the same rate limit, and answer. The gateway is the program as it is shipped,
with every guard on and its rate limit turned up to 10⁹.
`;

export const PEERS_NONE =
  'No run is recorded yet: `npm run bench:peers -- --write-docs` makes one, and this table of it.\n';

export const LOAD = `## Under load

\`bench:load\` starts a server and its clients in processes of their own. The clients are bare sockets with frames made
once; every result says what processor time they and other programs took, and warns where that spoils the figures.
\`--server raw\` measures \`bench/peers/raw.ts\` the same way: bare uWebSockets.js that echoes the handshake and sends
pings, so the least that any server on that library can cost.
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
| resident memory of a connection (1) | 1.4–1.6 KB | 0.55–0.6 KB | ≤ 2 KB | reached |
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

Medians of [tinybench](https://github.com/tinylibs/tinybench), each file in a fresh process.
`;
