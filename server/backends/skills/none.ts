import type { SkillsPort } from './port.js';

/** The port where no source of skills is configured. */
export const noSkills: SkillsPort = { list: async () => [] };
