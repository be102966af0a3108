/** One MCP server, from the connection to its end: which tools it offers, and calls of them. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  McpError,
  ResultSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { ArgumentChecker } from './arguments.js';
import { codeOf, ServerFailure } from './failure.js';
import { limitedFetch } from './http.js';
import type { FromServer, ServerThreadData, ToServer } from './messages.js';
import { MAX_TOOLS, readTools } from './offer.js';
import { cutText, resultText } from './output.js';
import { type OfferedTool, pinOf } from './pin.js';
import { StdioTransport } from './stdio.js';

/** For the answer to one page of tools, or to a ping. */
const ANSWER_MS = 10_000;
/** For the first word: a command may have to fetch itself first. */
const CONNECT_MS = 60_000;
/** The gateway's thread ends a call that takes too long; the library's own limit must not come before. */
const NEVER_MS = 2 ** 31 - 1;
const MAX_PAGES = 64;
/** A list that changes again and again is looked at this often. */
const RELIST_MS = 2000;
const MAX_FAILURE_BYTES = 4096;

type Call = Extract<ToServer, { kind: 'call' }>;

interface Offered extends OfferedTool {
  readonly checker: ArgumentChecker;
}

export class McpSession {
  readonly #data: ServerThreadData;
  readonly #say: (message: FromServer) => void;
  readonly #onOver: () => void;
  #client: Client | null = null;
  #stdio: StdioTransport | null = null;
  #tools: ReadonlyMap<string, Offered> = new Map();
  #hash = '';
  readonly #calls = new Map<number, AbortController>();
  #relisting = false;
  #pinging = false;
  #over = false;

  /** @param onOver the server is gone, and why has been said */
  constructor(data: ServerThreadData, say: (message: FromServer) => void, onOver: () => void) {
    this.#data = data;
    this.#say = say;
    this.#onOver = onOver;
  }

  /** Connects and tells what is offered. Never rejects. */
  async open(): Promise<void> {
    try {
      this.#client = await this.#connect();
      await this.#list(this.#client);
    } catch (error) {
      await this.#fail(error);
    }
  }

  /** Runs a tool and tells what came of it, once. Never rejects. */
  async call({ id, tool, hash, arguments: args, maxOutputBytes }: Call): Promise<void> {
    const answer = (ok: boolean, content: string): void => this.#say({ kind: 'outcome', id, ok, content });
    const offered = this.#tools.get(tool);
    if (offered === undefined || this.#client === null || this.#hash !== hash) {
      answer(false, 'The server has no such tool any more, or has changed its tools.');
      return;
    }
    const problem = offered.checker.problem(args);
    if (problem !== null) {
      answer(false, problem);
      return;
    }
    const abort = new AbortController();
    this.#calls.set(id, abort);
    try {
      const request = { method: 'tools/call' as const, params: { name: tool, arguments: args } };
      const options = { signal: abort.signal, timeout: NEVER_MS };
      const result = await this.#client.request(request, CallToolResultSchema, options);
      answer(result.isError !== true, resultText(result, maxOutputBytes));
    } catch (error) {
      if (abort.signal.aborted) {
        answer(false, 'It was ended before it had a result.');
        void this.#ping();
      } else if (this.#over) {
        answer(false, 'Its server ended while it ran.');
      } else if (error instanceof McpError) {
        answer(
          false,
          cutText(`The server refused it: ${error.message}`, Math.min(maxOutputBytes, MAX_FAILURE_BYTES)),
        );
      } else {
        answer(false, 'The server’s answer cannot be used.');
        if (this.#stdio === null && !isAnswerFault(error)) await this.#fail(error);
      }
    } finally {
      this.#calls.delete(id);
    }
  }

  cancel(id: number): void {
    this.#calls.get(id)?.abort();
  }

  /** Ends the server. Never rejects. */
  async close(): Promise<void> {
    this.#over = true;
    await this.#client?.close().catch(() => {});
    await this.#stdio?.close().catch(() => {});
  }

  async #connect(): Promise<Client> {
    const { target } = this.#data;
    if (target.kind === 'command') {
      const events = {
        onProcess: (pid: number | null) => this.#say({ kind: 'process', pid }),
        onFailure: (failure: ServerFailure) => void this.#fail(failure),
      };
      this.#stdio = new StdioTransport(target, events);
      return this.#connectBy(this.#stdio);
    }
    const url = new URL(target.url);
    const fetch = limitedFetch(url.origin, target.token);
    try {
      return await this.#connectBy(new StreamableHTTPClientTransport(url, { fetch }));
    } catch (error) {
      const isOlder = error instanceof StreamableHTTPError && [400, 404, 405, 406].includes(error.code ?? 0);
      if (!isOlder) throw error;
      // What to do with a server of before 2025 is written in MCP, "Backwards Compatibility".
      return this.#connectBy(new SSEClientTransport(url, { fetch, eventSourceInit: { fetch } }));
    }
  }

  async #connectBy(transport: Transport): Promise<Client> {
    // No capabilities: a server can ask us for nothing.
    const client = new Client({ name: 'openclaw', version: this.#data.clientVersion }, { capabilities: {} });
    await client.connect(transport, { timeout: CONNECT_MS });
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.#listAgain(client));
    client.onclose = () => void this.#fail(new ServerFailure('has closed the connection'));
    client.onerror = (error) => {
      const isLost =
        transport instanceof SSEClientTransport || error.message.startsWith('Maximum reconnection');
      if (this.#stdio === null && isLost) void this.#fail(new ServerFailure('has closed the connection'));
    };
    return client;
  }

  async #list(client: Client): Promise<void> {
    const found: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      // Not the library's schema: one odd tool would make it refuse all.
      const options = { timeout: ANSWER_MS };
      const answer = await client.request({ method: 'tools/list', params }, ResultSchema, options);
      if (!Array.isArray(answer.tools)) throw new ServerFailure('lists tools in no list');
      for (const tool of answer.tools) found.push(tool);
      cursor = typeof answer.nextCursor === 'string' ? answer.nextCursor : undefined;
      if (cursor === undefined || found.length > MAX_TOOLS) break;
    }
    const tools = readTools(found);
    if (cursor !== undefined) throw new ServerFailure(`lists tools on more than ${MAX_PAGES} pages`);
    // What was compiled is compiled anew: a list rarely changes.
    this.#tools = new Map(
      tools.map((tool) => [tool.name, { ...tool, checker: new ArgumentChecker(tool.parameters) }]),
    );
    const pin = pinOf(tools);
    this.#hash = pin.hash;
    this.#say({ kind: 'offers', tools, pin });
  }

  #listAgain(client: Client): void {
    if (this.#relisting) return;
    this.#relisting = true;
    setTimeout(() => {
      this.#relisting = false;
      this.#list(client).catch((error: unknown) => this.#fail(error));
    }, RELIST_MS);
  }

  /** Whoever took too long for one call may be gone for all. */
  async #ping(): Promise<void> {
    if (this.#pinging || this.#over) return;
    this.#pinging = true;
    try {
      await this.#client?.ping({ timeout: ANSWER_MS });
    } catch {
      await this.#fail(new ServerFailure('does not answer any more'));
    }
    this.#pinging = false;
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    // First of all, so that the calls that end with it are known to.
    this.#say({ kind: 'failed', reason: reasonOf(error), said: this.#stdio?.said ?? '' });
    await this.close();
    this.#onOver();
  }
}

/** The answer came, and is none: that is no reason to think the server gone. */
const isAnswerFault = (error: unknown): boolean => error instanceof Error && error.name.includes('Zod');

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof ServerFailure ? error.cause : error;
  if (cause instanceof ServerFailure) return cause.message;
  if (cause instanceof McpError) {
    return cause.code === -32001 ? 'did not answer in time' : `refused to begin (${cause.code})`;
  }
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'number') {
    return cause.code === 401 || cause.code === 403
      ? `answered ${cause.code}, so check its token_env or token_file`
      : `answered ${cause.code}`;
  }
  return isAnswerFault(cause) ? 'answers with what is no MCP' : `cannot be reached (${codeOf(cause)})`;
};
