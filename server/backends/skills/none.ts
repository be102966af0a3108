import type { SkillsPort } from './port.js';

/** The port where no source of skills is configured. */
export const noSkills: SkillsPort = {
  list: async () => [],
  invoke: async ({ skill }) => ({ ok: false, content: `There is no skill ${skill}.` }),
  close: async () => {},
};
