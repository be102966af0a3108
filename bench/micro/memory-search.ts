/**
 * What do search and recall cost in a channel of 100 000 messages, and does anybody else's ping wait for them? Asked of the
 * port, one at a time; and of a whole gateway, whose socket thread answers `system.ping` meanwhile.
 *
 * The words of the questions are drawn like those of the messages, so most questions hold the commonest ones.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { openSqliteMemory } from '../../server/backends/memory/sqlite.js';
import { fillDatabase, percentile, temporaryHome, Words } from './lib/memory.js';
import { type MicroFigure, reportFigures } from './lib/report.js';

const MESSAGES = 100_000;
const QUESTIONS = 2000;
const PINGS = 3000;
const PING_EVERY_MS = 2;
const RECALL_TOKENS = 2000;
/** This file runs from `dist/bench/micro`. */
const PROGRAM = join(import.meta.dirname, '../../cli/main.js');

const words = new Words(3);
/** One to three words; of every other search, the last is still being typed. */
const searchQuery = (): string => {
  const text = words.text(1 + Math.floor(words.random() * 3));
  return words.random() < 0.5
    ? text
    : text.slice(0, text.lastIndexOf(' ') + 2 + Math.floor(words.random() * 3));
};
const question = (): string => words.text(12);

const figuresOf = (what: string, times: readonly number[]): MicroFigure[] => [
  { name: `${what}, median`, value: percentile(times, 50), unit: 'ms' },
  { name: `${what}, p99`, value: percentile(times, 99), unit: 'ms' },
  { name: `${what}, longest`, value: Math.max(...times), unit: 'ms' },
];

const askPort = async (path: string): Promise<MicroFigure[]> => {
  const memory = await openSqliteMemory({ path });
  const time = async (ask: () => Promise<unknown>): Promise<number[]> => {
    const times: number[] = [];
    for (let at = 0; at < QUESTIONS; at += 1) {
      const startMs = performance.now();
      await ask();
      times.push(performance.now() - startMs);
    }
    return times;
  };
  const searches = await time(() => memory.search('local', 'default', { query: searchQuery(), limit: 20 }));
  const recalls = await time(() =>
    memory.recall('local', 'default', {
      query: question(),
      beforeSeq: MESSAGES + 1,
      maxTokens: RECALL_TOKENS,
    }),
  );
  await memory.close();
  return [...figuresOf('search', searches), ...figuresOf('recall', recalls)];
};

/** Resolves with the port that it listens on. */
const listening = async (gateway: ChildProcess): Promise<string> => {
  let said = '';
  for await (const text of gateway.stdout?.setEncoding('utf8') ?? []) {
    said += text;
    const url = /listens at (ws:\/\/[^\s,]+)/.exec(said)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the gateway ended before it listened');
};

/** One call at a time on a connection of its own. */
const connection = async (url: string, token: string) => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  let answered: (text: string) => void = () => {};
  socket.on('message', (data) => {
    const text = String(data);
    if (text.includes('"id":"ask"')) answered(text);
  });
  const call = async (method: string, params: object): Promise<void> => {
    const answer = new Promise<string>((resolve) => {
      answered = resolve;
    });
    socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id: 'ask' }));
    const text = await answer;
    if (!text.includes('"result"')) throw new Error(`${method}: ${text}`);
  };
  await call('auth.handshake', { client_id: 'bench', client_version: '0.9.4', token });
  return { call, end: () => socket.terminate() };
};

const askGateway = async (home: string): Promise<MicroFigure[]> => {
  const gateway = spawn(process.execPath, [PROGRAM, 'gateway', '--port', '0'], {
    env: {
      PATH: process.env.PATH,
      OPENCLAW_HOME: home,
      OPENCLAW_METRICS__PORT: '0',
      OPENCLAW_GATEWAY__RATE_LIMIT__ENABLED: 'false',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await listening(gateway);
  const token = readFileSync(join(home, 'local-token'), 'utf8').trim();
  const pinging = await connection(url, token);
  const searching = await connection(url, token);
  const ping = async (): Promise<number[]> => {
    const times: number[] = [];
    for (let at = 0; at < PINGS; at += 1) {
      const startMs = performance.now();
      await pinging.call('system.ping', {});
      times.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS));
    }
    return times;
  };
  const alone = await ping();
  let pinged = false;
  const searches = (async (): Promise<number[]> => {
    const times: number[] = [];
    while (!pinged) {
      const startMs = performance.now();
      await searching.call('memory.search', { query: searchQuery() });
      times.push(performance.now() - startMs);
    }
    return times;
  })();
  const beside = await ping();
  pinged = true;
  const figures = [
    ...figuresOf('system.ping alone', alone),
    ...figuresOf('system.ping beside searches without a pause', beside),
    ...figuresOf('memory.search through the gateway', await searches),
  ];
  pinging.end();
  searching.end();
  const ended = once(gateway, 'exit');
  gateway.kill('SIGTERM');
  await ended;
  return figures;
};

const home = temporaryHome();
const path = join(home, 'openclaw.db');
fillDatabase(path, MESSAGES);
reportFigures('Search and recall in a channel of 100 000 messages', [
  ...(await askPort(path)),
  ...(await askGateway(home)),
]);
