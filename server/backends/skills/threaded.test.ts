import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { invoke, skillsContract } from './contract.js';
import { PinFile } from './pin-file.js';
import { hostileServer, officialServer, openServers, testFolder } from './test-servers.js';

skillsContract(
  'MCP servers',
  async (t) => {
    const under = openServers(t, [hostileServer('good')], new PinFile(join(testFolder(t), 'skills.json')));
    await under.reached('ready');
    return under.skills;
  },
  {
    good: { skill: 'hostile.echo', arguments: { text: 'hello' }, content: /^hello$/ },
    large: { skill: 'hostile.large', arguments: {} },
    misfit: { text: 5 },
  },
);

test('the everything server: its tools are listed, run, and cut', async (t) => {
  const { skills, reached } = openServers(
    t,
    [officialServer('everything')],
    new PinFile(join(testFolder(t), 'skills.json')),
  );
  await reached('ready');
  const echo = skills.list().find(({ name }) => name === 'everything.echo');
  assert.equal(echo?.toolName, 'everything__echo');
  assert.equal(echo?.description, 'Echoes back the input string');
  assert.deepEqual(await invoke(skills, 'everything.echo', { message: 'hello' }), {
    ok: true,
    content: 'Echo: hello',
  });
  assert.deepEqual(await invoke(skills, 'everything.get-sum', { a: 2, b: 3 }), {
    ok: true,
    content: 'The sum of 2 and 3 is 5.',
  });
  const misfit = await invoke(skills, 'everything.get-sum', { a: 'two' });
  assert.match(misfit.content, /^The arguments do not fit the tool: /);
  assert.match(
    (await invoke(skills, 'everything.get-tiny-image', {})).content,
    /\[image\/png, \d+ bytes, not shown\]/,
  );
  // A run of a minute ends when it is told to.
  const abort = new AbortController();
  const long = invoke(
    skills,
    'everything.trigger-long-running-operation',
    { duration: 60, steps: 60 },
    {},
    abort.signal,
  );
  setTimeout(() => abort.abort(), 100);
  assert.equal((await long).ok, false);
  assert.equal((await invoke(skills, 'everything.echo', { message: 'still here' })).ok, true);
});

test('the filesystem and the memory server work beside each other', async (t) => {
  const dir = testFolder(t);
  const files = join(dir, 'files');
  mkdirSync(files);
  writeFileSync(join(files, 'note.txt'), 'buy milk');
  const pins = new PinFile(join(dir, 'skills.json'));
  const memory = officialServer('memory');
  assert.equal(memory.target.kind, 'command');
  const inFolder = {
    ...memory,
    name: 'graph',
    target: { ...memory.target, env: { MEMORY_FILE_PATH: join(dir, 'memory.jsonl') } },
  } as typeof memory;
  const { skills, next } = openServers(t, [officialServer('filesystem', files), inFolder], pins);
  while (skills.servers().some(({ state }) => state !== 'ready')) await next();
  const read = await invoke(skills, 'filesystem.read_text_file', { path: join(files, 'note.txt') });
  assert.deepEqual(read, { ok: true, content: 'buy milk' });
  const outside = await invoke(skills, 'filesystem.read_text_file', { path: join(dir, 'skills.json') });
  assert.equal(outside.ok, false);
  const entities = [{ name: 'Ada', entityType: 'person', observations: ['likes tea'] }];
  assert.equal((await invoke(skills, 'graph.create_entities', { entities })).ok, true);
  assert.match((await invoke(skills, 'graph.search_nodes', { query: 'tea' })).content, /Ada/);
});

test('over HTTP, as it is now and as it was', async (t) => {
  const { spawn } = await import('node:child_process');
  const { createServer } = await import('node:net');
  const { target } = officialServer('everything');
  assert.ok(target.kind === 'command');
  for (const [kind, path] of [
    ['streamableHttp', '/mcp'],
    ['sse', '/sse'],
  ] as const) {
    const port = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = probe.address() as { port: number };
        probe.close(() => resolve(free));
      });
    });
    const child = spawn(target.command, [...target.args, kind], {
      env: { ...process.env, PORT: String(port) },
    });
    t.after(() => child.kill('SIGKILL'));
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (said) => /listening|running/i.test(String(said)) && resolve());
    });
    const name = kind.toLowerCase();
    const { skills, reached } = openServers(
      t,
      [{ name, target: { kind: 'url', url: `http://127.0.0.1:${port}${path}`, token: null } }],
      new PinFile(join(testFolder(t), 'skills.json')),
    );
    await reached('ready');
    const outcome = await invoke(skills, `${name}.echo`, { message: 'hello' });
    assert.deepEqual(outcome, { ok: true, content: 'Echo: hello' });
    child.kill('SIGKILL');
    await invoke(skills, `${name}.echo`, { message: 'hello' });
    const { sentence } = await reached('failed');
    assert.match(sentence, /cannot be used: It (?:cannot be reached|has closed)/);
    await skills.close();
  }
});
