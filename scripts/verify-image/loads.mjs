/**
 * Whether everything that the gateway may ever import can be. Prints what cannot, a line each, and how many it were.
 *
 *   node --input-type=module --eval "$(cat loads.mjs)"     in the folder of the gateway, from which it imports
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package's name, with a path in it or not; `node:…` and relative paths are none. */
const SPECIFIER = /^(?:import|export)\b[^'"]*['"]((?:@[\w.-]+\/)?\w[\w.-]*(?:\/[\w./-]+)?)['"];?$/gm;
const DYNAMIC = /\b(?:import|require)\(['"]((?:@[\w.-]+\/)?\w[\w.-]*(?:\/[\w./-]+)?)['"]\)/g;

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
/** @param {string} specifier whether it is of a package that the gateway needs when it runs */
const isNeeded = (specifier) =>
  Object.keys(dependencies).some((name) => specifier === name || specifier.startsWith(`${name}/`));

const specifiers = new Set();
for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  // The page runs in browsers.
  if (!name.endsWith('.js') || name.startsWith('web/')) continue;
  const text = readFileSync(join('dist', name), 'utf8');
  for (const pattern of [SPECIFIER, DYNAMIC])
    for (const [, specifier] of text.matchAll(pattern)) if (isNeeded(specifier)) specifiers.add(specifier);
}
for (const specifier of [...specifiers].sort()) {
  try {
    await import(specifier);
  } catch (error) {
    console.log(`${specifier}: ${error.message.split('\n')[0]}`);
  }
}
console.log(`${specifiers.size} imports`);
process.exit(0);
