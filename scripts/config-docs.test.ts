import assert from 'node:assert/strict';
import { test } from 'node:test';
import TOML from '@iarna/toml';
import {
  buildConfig,
  CONFIG_KEYS,
  CONFIG_RULES,
  CONFIG_SECTIONS,
  configOption,
  lastOf,
} from '../schemas/config.js';
import { renderConfigExample, renderConfigPage } from './config-docs.js';

const ASSIGNMENT = /^# ([a-z_]+ = .*)$/gm;

test('the example holds every key once, commented out at its default', () => {
  const example = renderConfigExample();
  assert.equal([...example.matchAll(ASSIGNMENT)].length, CONFIG_KEYS.length);
  assert.deepEqual(
    JSON.parse(JSON.stringify(TOML.parse(example.replace(ASSIGNMENT, '$1')))),
    JSON.parse(JSON.stringify(buildConfig(new Map()))),
  );
});

test('the example as it is sets nothing', () => {
  const leaves = (table: object): unknown[] =>
    Object.values(table).flatMap((value) => (typeof value === 'object' ? leaves(value) : [value]));
  assert.deepEqual(leaves(TOML.parse(renderConfigExample())), []);
});

test('the example fits a terminal', () => {
  for (const line of renderConfigExample().split('\n')) assert.ok(line.length <= 100, line);
});

test('the page names every section, key, reason and rule', () => {
  const page = renderConfigPage();
  for (const section of Object.keys(CONFIG_SECTIONS))
    assert.ok(page.includes(`\n## \`[${section}]\`\n`), section);
  for (const key of CONFIG_KEYS) {
    assert.ok(page.includes(`\n| \`${lastOf(key)}\` | `), key);
    assert.ok(page.includes(`| ${configOption(key).reason} |\n`), key);
  }
  for (const { summary } of CONFIG_RULES) assert.ok(page.includes(`\n- ${summary}.\n`), summary);
});
