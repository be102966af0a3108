/** For tests: MCP servers that are started as the gateway starts them, and waited for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PinStore } from './pin.js';
import type { SkillState, SkillsPort } from './port.js';
import { type McpServerOptions, openThreadedSkills, type ServerReport } from './threaded.js';

const HOSTILE = fileURLToPath(new URL('./hostile-server.js', import.meta.url));

/** This file runs from `dist/server/backends/skills`. */
const MODULES = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));

/** A program of the packages of `@modelcontextprotocol`. */
export const officialServer = (name: string, ...args: string[]): McpServerOptions => ({
  name,
  target: {
    kind: 'command',
    command: process.execPath,
    args: [join(MODULES, '@modelcontextprotocol', `server-${name}`, 'dist', 'index.js'), ...args],
    env: { PATH: process.env.PATH ?? '' },
  },
});

export const hostileServer = (mode: string, ...args: string[]): McpServerOptions => ({
  name: 'hostile',
  target: {
    kind: 'command',
    command: process.execPath,
    args: [HOSTILE, mode, ...args],
    env: { ONLY: 'this' },
  },
});

export const testFolder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-skills-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

export interface ServersUnderTest {
  readonly skills: SkillsPort;
  readonly reports: readonly ServerReport[];
  /** Resolves with the first report from now on, or the last so far, that has this state. */
  reached(state: SkillState): Promise<ServerReport>;
  /** Resolves with the next report. */
  next(): Promise<ServerReport>;
}

/** Starts them; they are ended with the test. */
export const openServers = (
  t: TestContext,
  servers: readonly McpServerOptions[],
  pins: PinStore,
): ServersUnderTest => {
  const reports: ServerReport[] = [];
  let wake: () => void = () => {};
  let woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const onReport = (report: ServerReport): void => {
    reports.push(report);
    const before = wake;
    woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    before();
  };
  const skills = openThreadedSkills({ servers, pins, clientVersion: '0', onReport, onProcess: () => {} });
  t.after(() => skills.close());
  return {
    skills,
    reports,
    reached: async (state) => {
      for (;;) {
        const last = reports.at(-1);
        if (last?.state === state) return last;
        await woken;
      }
    },
    next: async () => {
      await woken;
      return reports.at(-1) as ServerReport;
    },
  };
};
