/** The changelog, as releases read and cut it: https://keepachangelog.com/en/1.1.0/. */

const UNRELEASED = '## [Unreleased]';
const HEADING = /^## .*$/gm;
const RELEASED = /^## \[(?<version>\d+\.\d+\.\d+(?:-[\w.]+)?)\] - (?<date>\d{4}-\d{2}-\d{2})$/;

/** @param {string} date YYYY-MM-DD @returns {boolean} whether the calendar has that day */
export const isDay = (date) => {
  const time = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date);
};

/**
 * @param {string} text
 * @returns {{ heading: string, body: string }[]} what stands below each heading of the second level, trimmed
 */
const sectionsOf = (text) => {
  const headings = [...text.matchAll(HEADING)];
  return headings.map(({ 0: heading, index }, at) => ({
    heading,
    body: text.slice(index + heading.length, headings[at + 1]?.index ?? text.length).trim(),
  }));
};

/**
 * @param {string} text @param {string} version
 * @returns {{ notes: string, date: string } | { problem: string }} what the release's page says, in Markdown; or why it cannot be
 *   released, as a sentence
 */
export const releaseNotes = (text, version) => {
  const sections = sectionsOf(text);
  const pending = sections.find(({ heading }) => heading === UNRELEASED);
  const section = sections.find(({ heading }) => RELEASED.exec(heading)?.groups.version === version);
  if (pending === undefined) return { problem: `CHANGELOG.md has no section “${UNRELEASED}”.` };
  if (section === undefined) {
    return {
      problem: `CHANGELOG.md has no section “## [${version}] - YYYY-MM-DD”: run scripts/release bump.`,
    };
  }
  if (pending.body !== '') {
    return {
      problem: `CHANGELOG.md has changes under “Unreleased”: move them below ${version}, or release a later one.`,
    };
  }
  const { date } = RELEASED.exec(section.heading).groups;
  if (!isDay(date)) return { problem: `CHANGELOG.md dates ${version} on ${date}, which is no day.` };
  if (section.body === '') return { problem: `CHANGELOG.md says nothing about ${version}.` };
  return { notes: section.body, date };
};

/**
 * Gives what is unreleased a version and a day, and leaves “Unreleased” empty.
 *
 * @param {string} text @param {string} version @param {string} date YYYY-MM-DD
 * @returns {{ text: string } | { problem: string }}
 */
export const cutRelease = (text, version, date) => {
  const sections = sectionsOf(text);
  const pending = sections.find(({ heading }) => heading === UNRELEASED);
  if (pending === undefined) return { problem: `CHANGELOG.md has no section “${UNRELEASED}”.` };
  if (pending.body === '')
    return { problem: 'CHANGELOG.md has nothing under “Unreleased”: there is nothing to release.' };
  if (sections.some(({ heading }) => RELEASED.exec(heading)?.groups.version === version)) {
    return { problem: `CHANGELOG.md has a section for ${version} already.` };
  }
  return { text: text.replace(`${UNRELEASED}\n`, () => `${UNRELEASED}\n\n## [${version}] - ${date}\n`) };
};
