/** What every implementation of the skills port must do: one suite, run against each of them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SkillInvocation, SkillOutcome, SkillsPort } from './port.js';

/** Opens the implementation for one test, its skills ready; closes it with the test. */
export type OpenSkills = (t: TestContext) => Promise<SkillsPort>;

export interface SkillExamples {
  /** A call whose result has `content` in it. */
  readonly good: {
    readonly skill: string;
    readonly arguments: SkillInvocation['arguments'];
    readonly content: RegExp;
  };
  /** One whose result is larger than 2 KiB. */
  readonly large: { readonly skill: string; readonly arguments: SkillInvocation['arguments'] };
  /** Arguments that do not fit the skill of `good`. */
  readonly misfit: SkillInvocation['arguments'];
}

export const invoke = (
  skills: SkillsPort,
  skill: string,
  args: SkillInvocation['arguments'],
  change: Partial<SkillInvocation> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<SkillOutcome> =>
  skills.invoke(
    {
      invocationId: 'inv-1',
      skill,
      arguments: args,
      principal: 'ada',
      channelId: 'default',
      maxOutputBytes: 65_536,
      ...change,
    },
    signal,
  );

/** Registers the suite. */
export const skillsContract = (name: string, open: OpenSkills, examples: SkillExamples): void => {
  const { good, large, misfit } = examples;

  test(`${name}: skills are listed with names of their own, for people and for models`, async (t) => {
    const listed = (await open(t)).list();
    assert.ok(listed.length > 0);
    assert.equal(new Set(listed.map((skill) => skill.name)).size, listed.length);
    assert.equal(new Set(listed.map(({ toolName }) => toolName)).size, listed.length);
    for (const { name: skill, toolName, server, tool, parameters, state } of listed) {
      assert.match(toolName, /^[a-zA-Z0-9_-]{1,64}$/);
      assert.equal(skill, server === null ? tool : `${server}.${tool}`);
      assert.equal(parameters.type, 'object');
      assert.equal(state, 'ready');
    }
  });

  test(`${name}: a skill is run, and calls side by side do not mix`, async (t) => {
    const skills = await open(t);
    const outcomes = await Promise.all([1, 2, 3].map(() => invoke(skills, good.skill, good.arguments)));
    for (const { ok, content } of outcomes) {
      assert.equal(ok, true, content);
      assert.match(content, good.content);
    }
  });

  test(`${name}: arguments that do not fit, and a skill that is not there, are outcomes`, async (t) => {
    const skills = await open(t);
    for (const [skill, args] of [
      [good.skill, misfit],
      ['nothing', {}],
      ['nothing.at_all', {}],
      [`${good.skill}2`, {}],
      ['', {}],
      ['constructor', {}],
    ] as const) {
      const { ok, content } = await invoke(skills, skill, args);
      assert.equal(ok, false, skill);
      assert.match(content, /^[A-Z].*\.$/s);
    }
  });

  test(`${name}: a result is cut where it is too long`, async (t) => {
    const { content } = await invoke(await open(t), large.skill, large.arguments, { maxOutputBytes: 1024 });
    assert.ok(Buffer.byteLength(content) <= 1024);
    assert.match(content, /\n\[\d+ more bytes were cut off\]$/);
  });

  test(`${name}: a call that was given up before it began is an outcome`, async (t) => {
    const skills = await open(t);
    const { ok } = await invoke(skills, good.skill, good.arguments, {}, AbortSignal.abort());
    assert.equal(ok, false);
    assert.equal((await invoke(skills, good.skill, good.arguments)).ok, true);
  });

  test(`${name}: what has no server has nothing to approve`, async (t) => {
    assert.equal(await (await open(t)).approve('nobody', 'x'), 'no-server');
  });

  test(`${name}: close can be said twice, and nothing runs any more`, async (t) => {
    const skills = await open(t);
    await skills.close();
    await skills.close();
    assert.equal((await invoke(skills, good.skill, good.arguments)).ok, false);
  });
};
