/** The skills port over MCP servers, each on a thread of its own: a server that goes wild costs itself. */
import type { SkillsPort } from './port.js';
import { McpServer, type McpServerContext, type McpServerOptions } from './server.js';

export type { McpServerOptions, ServerReport } from './server.js';

export interface ThreadedSkillsOptions extends McpServerContext {
  readonly servers: readonly McpServerOptions[];
}

/** Starts the servers, and no thread where there are none. */
export const openThreadedSkills = (options: ThreadedSkillsOptions): SkillsPort => {
  const servers = new Map(options.servers.map((server) => [server.name, new McpServer(server, options)]));
  return {
    list: () => [...servers.values()].flatMap((server) => server.list()),
    servers: () => [...servers.values()].map((server) => server.describe()),
    async invoke(invocation, signal) {
      const { skill } = invocation;
      // A server's name has no dot.
      const dot = skill.indexOf('.');
      const server = servers.get(skill.slice(0, dot));
      if (server === undefined) return { ok: false, content: `There is no skill ${skill}.` };
      return server.invoke(skill.slice(dot + 1), invocation, signal);
    },
    async approve(name, hash) {
      return (await servers.get(name)?.approve(hash)) ?? 'no-server';
    },
    async close() {
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
};
