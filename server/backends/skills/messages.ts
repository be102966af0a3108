/** What crosses between the gateway's thread and the thread of one MCP server. */
import type { OfferedTool, Pin } from './pin.js';

/** A server that is a process of ours, or somewhere at a URL. */
export type ServerTarget =
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly args: readonly string[];
      /** All of its environment. */
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'url'; readonly url: string; readonly token: string | null };

/** What the thread is started with. */
export interface ServerThreadData {
  readonly target: ServerTarget;
  readonly clientVersion: string;
}

export type ToServer =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly tool: string;
      /** Of the tools that were approved: what is called must be one of those. */
      readonly hash: string;
      readonly arguments: { readonly [key: string]: unknown };
      readonly maxOutputBytes: number;
    }
  | { readonly kind: 'cancel'; readonly id: number }
  /** End the server, then the thread. */
  | { readonly kind: 'close' };

export type FromServer =
  /** The process that runs, so that it can be ended when the thread no longer can; null: it has ended. */
  | { readonly kind: 'process'; readonly pid: number | null }
  | { readonly kind: 'offers'; readonly tools: readonly OfferedTool[]; readonly pin: Pin }
  | { readonly kind: 'outcome'; readonly id: number; readonly ok: boolean; readonly content: string }
  /** It is over, and why: a clause behind “the server”. The thread ends. */
  | { readonly kind: 'failed'; readonly reason: string; readonly said: string };
