import { describe, expect, test } from 'vitest'
import {
  builtInGuards,
  createPathMatcher,
  defaultTestGlobs,
  mergeWork,
  readChange,
  receiveWork,
  runGuards,
  type Change,
  type ChangedFile,
  type FileSide,
  type Guard,
  type GuardContext,
  type GuardPolicy,
  type SlowGuard,
} from '@headrace/factory'
import { askSlowGuards } from '../src/guards/run-guards.ts'
import { factoryFloor } from './support/factory-floor.ts'

const context: GuardContext = {
  allowed: [],
  forbidden: [],
  isTest: createPathMatcher(defaultTestGlobs),
  putBack: [],
  budget: { files: 50, lines: 1_000, fileBytes: 1_000_000, newDependencies: 0 },
}

interface Edit {
  readonly path: string
  readonly twin?: string
  /** `null`: it is no text. */
  readonly before?: string | null
  readonly after?: string | null
  readonly kind?: FileSide['kind']
  /** Default: the same. */
  readonly was?: FileSide['kind']
}

/** A change of whole files, every line of which counts. */
function change(...edits: readonly Edit[]): Change {
  const files = edits.map(({ path, twin, before, after, kind = 'file', was = kind }): ChangedFile => {
    const side = (text: string | null | undefined, as = kind): FileSide | undefined => {
      if (text === undefined) return undefined
      if (text === null) return { kind: as, id: 'id of bytes', bytes: 1, text: undefined }
      return { kind: as, id: `id of ${text}`, bytes: Buffer.byteLength(text), text }
    }
    const lines = (text: string | null | undefined, other: string | null | undefined) =>
      (text ?? '')
        .split('\n')
        .map((line, index) => ({ line: index + 1, text: line }))
        .filter((line) => line.text !== '' && !(other ?? '').split('\n').includes(line.text))
    return {
      path,
      isName: true,
      ...(twin !== undefined && { twin }),
      before: side(before, was),
      after: side(after),
      added: lines(after, before),
      removed: lines(before, after),
    }
  })
  const sum = (of: 'added' | 'removed') => files.reduce((all, file) => all + file[of].length, 0)
  return { base: 'base', tree: 'tree', files, addedLines: sum('added'), removedLines: sum('removed') }
}

function found(guard: string, edits: readonly Edit[], more: Partial<GuardContext> = {}) {
  const { verdicts } = runGuards({ change: change(...edits), context: { ...context, ...more } })
  return verdicts.find((verdict) => verdict.guard === guard)
}

const suite = `import { expect, test } from 'vitest'\ntest('adds', () => {\n  expect(add(1, 2)).toBe(3)\n})\n`

describe('G4: test tampering', () => {
  const t = 'src/a.test.ts'
  const blocked: Record<string, readonly Edit[]> = {
    'a file of tests is deleted': [{ path: t, before: suite }],
    'a test is skipped': [{ path: t, before: suite, after: suite.replace('test(', 'test.skip(') }],
    'one test is alone': [{ path: t, before: suite, after: suite.replace('test(', 'test.only(') }],
    'a test is left to do': [{ path: t, before: suite, after: `${suite}test.todo('more')\n` }],
    'a test is removed': [{ path: t, before: suite, after: "import { expect, test } from 'vitest'\n" }],
    'an assertion is removed': [{ path: t, before: suite, after: suite.replace(/ {2}expect.*\n/, '') }],
    'an assertion can no longer fail': [
      { path: t, before: suite, after: suite.replace(/expect.*/, 'expect(true).toBe(true)') },
    ],
    'a test is only a comment now': [{ path: t, before: suite, after: suite.replaceAll(/^(?=test|})/gm, '// ') }],
    'an assertion is only a comment now': [
      { path: t, before: suite, after: suite.replace('expect(add', '// expect(add') },
    ],
    'pytest skip': [
      {
        path: 'tests/test_a.py',
        before: 'def test_a():\n  assert a() == 1\n',
        after: '@pytest.mark.skip\ndef test_a():\n  assert a() == 1\n',
      },
    ],
    'python assert True': [
      {
        path: 'tests/test_a.py',
        before: 'def test_a():\n  assert a() == 1\n',
        after: 'def test_a():\n  assert True\n',
      },
    ],
    'go skip': [
      {
        path: 'a_test.go',
        before: 'func TestA(t *testing.T) {\n}\n',
        after: 'func TestA(t *testing.T) {\nt.Skip("later")\n}\n',
      },
    ],
    'rust ignore': [{ path: 'tests/a.rs', before: '#[test]\nfn a() {}\n', after: '#[test]\n#[ignore]\nfn a() {}\n' }],
    'process.exit(0) in a test': [{ path: t, before: suite, after: `process.exit(0)\n${suite}` }],
    'sys.exit(0) in conftest': [{ path: 'conftest.py', after: 'import sys\nsys.exit(0)\n' }],
    'conftest rewrites outcomes': [
      { path: 'conftest.py', after: 'def pytest_runtest_makereport(item, call):\n  pass\n' },
    ],
    'a script ends well whatever happens': [
      { path: 'run-tests.sh', before: 'npm test\n', after: 'npm test || true\n' },
    ],
    'a script becomes exit 0': [{ path: 'ci/check', before: '#!/bin/sh\nmake\n', after: '#!/bin/sh\nexit 0\n' }],
    'the test script is another one': [
      { path: 'package.json', before: '{"scripts":{"test":"vitest run"}}', after: '{"scripts":{"test":"exit 0"}}' },
    ],
    'something runs after the tests': [
      {
        path: 'package.json',
        before: '{"scripts":{"test":"vitest run"}}',
        after: '{"scripts":{"test":"vitest run","posttest":"true"}}',
      },
    ],
    'the settings of jest': [{ path: 'package.json', before: '{"jest":{}}', after: '{"jest":{"testMatch":["none"]}}' }],
    'code that knows that it is tested': [
      { path: 'src/a.ts', before: 'a\n', after: 'if (process.env.VITEST) return 3\n' },
    ],
    'code that asks for NODE_ENV': [
      { path: 'src/a.ts', before: 'a\n', after: "if (process.env.NODE_ENV === 'test') return 3\n" },
    ],
    'an object that equals everything': [
      { path: 'tests/x.py', after: 'class A:\n  def __eq__(self, o): return True\n' },
    ],
    'the settings of vitest are gone': [
      { path: 'package.json', before: '{"vitest":{"include":["src/**"]}}', after: '{}' },
    ],
    'no tests are fine': [{ path: 'Makefile', before: 'test:\n', after: 'test:\n\tvitest run --passWithNoTests\n' }],
  }
  test.each(Object.entries(blocked))('G4: blocked: %s', (_name, edits) => {
    const verdict = found('test-tampering', edits)
    expect(verdict?.verdict).toBe('block')
    expect(verdict?.findings[0]).toMatchObject({ path: edits[0]?.path, what: expect.stringMatching(/\w/) })
  })

  const asked: Record<string, readonly Edit[]> = {
    'an assertion says something else': [{ path: t, before: suite, after: suite.replace('toBe(3)', 'toBe(4)') }],
    'a skip that depends on the machine': [
      { path: t, before: suite, after: `${suite}test.skipIf(!docker)('b', () => {})\n` },
    ],
    'a skip in a new file': [{ path: 'src/new.test.ts', after: "test.skip('later', () => {})\n" }],
    'what tests use is deleted': [{ path: 'test/support/play.ts', before: 'export const play = 1\n' }],
    'the runner is configured': [{ path: 'vitest.config.ts', before: 'a\n', after: 'b\n' }],
    'code that ends as if all were well': [{ path: 'src/a.ts', before: 'a\n', after: 'process.exit(0)\n' }],
    'code that writes to the pipes of a runner': [{ path: 'src/a.ts', after: "open('/proc/self/fd/1')\n" }],
    'a test that writes the report': [{ path: t, before: suite, after: `${suite}write('<testsuite>')\n` }],
    'a line that nobody reads to its end': [
      { path: 'src/a.ts', after: `${' '.repeat(5_000)}if (process.env.VITEST) cheat()\n` },
    ],
  }
  const runnerFiles = [
    'vitest.workspace.ts',
    'a/vite.config.js',
    'jest.setup.js',
    '.mocharc.yml',
    'karma.conf.js',
    'ava.config.js',
    'playwright.config.ts',
    'cypress.config.ts',
    '.pytest.ini',
    'pytest.ini',
    'tox.ini',
    'noxfile.py',
    'conftest.py',
    'setup.cfg',
    'sitecustomize.py',
    'usercustomize.py',
    '.coveragerc',
    '.nycrc.json',
    'codecov.yml',
    'GNUmakefile',
    'makefile',
    'Makefile',
    'Justfile',
    '.justfile',
    'Taskfile.yml',
  ]
  test.each(runnerFiles)('G4: a human is asked: %s decides how tests are run', (path) => {
    expect(found('test-tampering', [{ path, after: 'x\n' }])?.verdict).toBe('ask')
    expect(found('test-tampering', [{ path, before: 'x\n' }])?.verdict).toBe('ask')
  })

  const scripts = ['run.sh', 'run.bash', 'run.zsh', 'run.mk', 'run.ps1', 'run.bat', 'run.cmd']
  test.each(scripts)('G4: blocked: %s ends well whatever happens', (path) => {
    expect(found('test-tampering', [{ path, before: 'npm test\n', after: 'npm test || true\n' }])?.verdict).toBe(
      'block',
    )
  })

  test.each(Object.entries(asked))('G4: a human is asked: %s', (_name, edits) => {
    expect(found('test-tampering', edits)?.verdict).toBe('ask')
  })

  const fine: Record<string, readonly Edit[]> = {
    'tests are added': [{ path: t, before: suite, after: `${suite}test('b', () => {\n  expect(b()).toBe(1)\n})\n` }],
    'a test moves to another file': [
      { path: t, before: suite },
      { path: 'src/b.test.ts', after: suite },
    ],
    'a test is renamed': [{ path: t, before: suite, after: suite.replace("'adds'", "'adds numbers'") }],
    'a comment about a test goes': [{ path: t, before: `${suite}// test('b', () => {})\n`, after: suite }],
    'a call that only looks like a test': [{ path: t, before: suite, after: `${suite}model.fit('x')\nfit(curve)\n` }],
    'a skip that was there': [{ path: t, before: `x\ntest.skip('a')\n`, after: `y\ntest.skip('a')\n` }],
    'a command that ends': [{ path: 'src/cli.ts', after: 'process.exit(1)\n' }],
    'text about it': [{ path: 'README.md', after: 'Set process.env.CI and process.exit(0)\n' }],
    'a new package': [{ path: 'packages/a/package.json', after: '{"scripts":{"test":"vitest run"}}' }],
  }
  test.each(Object.entries(fine))('G4: passes: %s', (_name, edits) => {
    expect(found('test-tampering', edits)).toEqual({ guard: 'test-tampering', verdict: 'pass', findings: [], more: 0 })
  })
})

describe('G4: a test is skipped, ends early or can’t fail, in whatever runner', () => {
  const skips = [
    "xit('a', f)",
    "xtest('a', f)",
    "xdescribe('a', f)",
    "xspecify('a', f)",
    "fit('a', f)",
    "fdescribe('a', f)",
    "it.skip('a', f)",
    "describe.only('a', f)",
    "suite.todo('a')",
    "context.fails('a', f)",
    "specify.fail('a', f)",
    "test.failing('a', f)",
    "test.concurrent.skip('a', f)",
    "describe.sequential.only('a', f)",
    't.skip()',
    '@pytest.mark.skip',
    '@pytest.mark.xfail',
    '@skip',
    '@unittest.skip',
    '@unittest.expectedFailure',
    "pytest.skip('a')",
    "pytest.xfail('a')",
    "self.skipTest('a')",
    "t.Skipf('a')",
    't.SkipNow()',
    '#[ignore]',
    '@Disabled',
    '@Ignore',
    'this.skip()',
    "test('a', { skip: true }, f)",
    "test('a', { skip: 'later' }, f)",
    "test('a', { timeout: 5, skip: true }, f)",
    "test('a', { only: true }, f)",
    "test('a', { todo: true }, f)",
  ]
  const escapes = [
    'process.exit()',
    'process.reallyExit(0)',
    'os._exit(0)',
    'process.exitCode = 0',
    'os.Exit(0)',
    'std::process::exit(0)',
    'exit',
    'exit 0;',
    'x || true',
    'x || exit 0',
    'x || :',
    'set +e',
    'def pytest_sessionfinish(s):',
    'def pytest_collection_modifyitems(i):',
    'def pytest_report_teststatus(r):',
    'def pytest_terminal_summary(t):',
    'session.exitstatus = 0',
    'passWithNoTests: true',
  ]
  const vacuous = [
    'expect(1).toBe(1)',
    'expect(!0).toBeTruthy()',
    'expect(true).toEqual(true)',
    'assert.ok(true)',
    'assert(1)',
    'assert!(true)',
    'assert 1',
    'self.assertTrue(True)',
  ]
  test.each([...skips, ...escapes, ...vacuous])('G4: blocked: %s', (line) => {
    const path = 'src/a.test.ts'
    expect(found('test-tampering', [{ path, before: suite, after: `${suite}${line}\n` }])?.verdict).toBe('block')
  })

  const forges = [
    '/dev/fd/3',
    '<testcase',
    'ℹ pass 3',
    '# tests 3',
    '# fail 0',
    'Tests: 3 passed',
    'Tests  3 passed',
    'test result: ok',
    'os.write(3, x)',
    'fs.writeSync(3, x)',
  ]
  test.each(forges)('G4: a human is asked: %s', (line) => {
    for (const path of ['src/a.ts', 'src/a.test.ts'])
      expect(found('test-tampering', [{ path, after: `${line}\n` }])?.verdict).toBe('ask')
  })

  const tested = [
    'process.env.JEST_WORKER_ID',
    'process.env.NODE_TEST_CONTEXT',
    'process.env.CI',
    "process.env['TEST']",
    "env['NODE_ENV'] == 'test'",
    'PYTEST_CURRENT_TEST',
    "'pytest' in sys.modules",
    'import.meta.vitest',
    'inspect.stack()',
    'testing.Testing()',
    'cfg!(test)',
    "new Error().stack.includes('test')",
  ]
  test.each(tested)('G4: blocked outside of tests: %s', (line) => {
    expect(found('test-tampering', [{ path: 'src/a', before: 'a\n', after: `${line}\n` }])?.verdict).toBe('block')
    expect(found('test-tampering', [{ path: 'a.test.ts', before: 'a\n', after: `${line}\n` }])?.verdict).toBe('pass')
  })
})

describe('G4: the other guards', () => {
  type Case = [guard: string, what: string, edits: readonly Edit[], verdict: string, more?: Partial<GuardContext>]
  const toolFiles = [
    '.codex/config.toml',
    '.gemini/settings.json',
    '.opencode/a',
    'opencode.jsonc',
    'a/.mcp.json',
    '.cursorrules',
    '.windsurf/a',
    '.aider.conf.yml',
    '.vscode/settings.json',
    'a.code-workspace',
    '.idea/workspace.xml',
    '.zed/a',
    '.devcontainer/a',
    '.devcontainer.json',
    '.githooks/a',
    '.pre-commit-config.yaml',
    'lefthook.yml',
    '.gitconfig',
    '.git-hooks/a',
    '.yarnrc.yml',
    '.pnpmfile.cjs',
    'bunfig.toml',
    '.cargo/config.toml',
    'pip.conf',
    '.tool-versions',
    'mise.toml',
    'a/.ENVRC',
  ]
  const installScripts = [
    'preinstall',
    'install',
    'prepare',
    'prepublish',
    'preprepare',
    'postprepare',
    'predependencies',
    'dependencies',
    'postdependencies',
    'pnpm:devPreinstall',
  ]
  const secretFiles =
    'k/id_rsa k/id_dsa k/id_ecdsa id_ed25519 a/x.pem x.p12 x.pfx x.keystore .npmrc .pypirc .netrc .aws/credentials'.split(
      ' ',
    )
  const roles = ['devDependencies', 'optionalDependencies', 'peerDependencies', 'bundledDependencies']
  const cases: Case[] = [
    ['scope', 'outside', [{ path: 'docs/a.md', after: 'x' }], 'block', { allowed: ['src/**'] }],
    ['scope', 'inside', [{ path: 'src/a.ts', after: 'x' }], 'pass', { allowed: ['src/**'] }],
    ['scope', 'forbidden', [{ path: 'SRC/Secret/a', after: 'x' }], 'block', { forbidden: ['src/secret/**'] }],
    [
      'scope',
      'inside, but forbidden',
      [{ path: 'src/a', after: 'x' }],
      'block',
      { allowed: ['src/**'], forbidden: ['src/a'] },
    ],
    ['scope', 'gone from outside', [{ path: 'docs/a.md', before: 'x' }], 'block', { allowed: ['src/**'] }],
    ['scope', 'protected', [], 'block', { putBack: [{ path: '.ci/run', was: 'changed', wanted: 'x' }] }],
    ['secrets', 'AWS key', [{ path: 'a.ts', after: 'const k = "AKIAABCDEFGHIJKLMNOP"' }], 'block'],
    ['secrets', 'private key', [{ path: 'a', after: '-----BEGIN OPENSSH PRIVATE KEY-----' }], 'block'],
    ['secrets', 'GitHub token', [{ path: 'a', after: `t: ghp_${'a1'.repeat(18)}` }], 'block'],
    ['secrets', 'address', [{ path: 'a', after: 'url = postgres://me:hunter22@db.example/x' }], 'block'],
    ['secrets', 'address with a place for one', [{ path: 'a', after: 'postgres://me:${PASSWORD}@db/x' }], 'pass'],
    ['secrets', 'made up for a test', [{ path: 'a.test.ts', after: 'const k = "AKIAABCDEFGHIJKLMNOP"' }], 'ask'],
    ['secrets', 'an .env file', [{ path: '.env', after: 'A=b' }], 'ask'],
    ['secrets', 'an example of one', [{ path: '.env.example', after: 'A=b' }], 'pass'],
    ['secrets', 'temporary AWS key', [{ path: 'a', after: 'ASIAABCDEFGHIJKLMNOP' }], 'block'],
    ['secrets', 'fine-grained GitHub token', [{ path: 'a', after: `github_pat_${'a1'.repeat(20)}` }], 'block'],
    ['secrets', 'GitLab token', [{ path: 'a', after: `glpat-${'a1'.repeat(10)}` }], 'block'],
    ['secrets', 'Anthropic key', [{ path: 'a', after: `sk-ant-${'a1'.repeat(10)}` }], 'block'],
    ['secrets', 'OpenAI key', [{ path: 'a', after: `sk-proj-${'a1'.repeat(16)}` }], 'block'],
    ['secrets', 'Google key', [{ path: 'a', after: `AIza${'a'.repeat(35)}` }], 'block'],
    ['secrets', 'Slack token', [{ path: 'a', after: `xoxb-${'a1'.repeat(10)}` }], 'block'],
    ['secrets', 'Stripe key', [{ path: 'a', after: `sk_live_${'a1'.repeat(10)}` }], 'block'],
    ['secrets', 'npm token', [{ path: 'a', after: `npm_${'a1'.repeat(18)}` }], 'block'],
    [
      'secrets',
      'JSON web token',
      [{ path: 'a', after: `eyJ${'a'.repeat(10)}.eyJ${'a'.repeat(10)}.${'a'.repeat(20)}` }],
      'block',
    ],
    ['secrets', 'a file of another stage', [{ path: 'a/.env.local', after: 'A=b' }], 'ask'],
    ['secrets', 'a sample', [{ path: '.env.sample', after: 'A=b' }], 'pass'],
    ['secrets', 'a template', [{ path: '.env.template', after: 'A=b' }], 'pass'],
    ...secretFiles.map((path): Case => ['secrets', path, [{ path, after: 'x' }], 'ask']),
    ['secrets', 'an .env file that was there', [{ path: '.env', before: 'A=a', after: 'A=b' }], 'pass'],
    ['secrets', 'an .env file that goes', [{ path: '.env', before: 'A=a' }], 'pass'],
    ['conflict-markers', 'a marker of the base', [{ path: 'a', after: '||||||| base' }], 'block'],
    ['conflict-markers', 'markers', [{ path: 'a', after: '<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x' }], 'block'],
    ['conflict-markers', 'a heading', [{ path: 'a.md', after: 'Title\n=======' }], 'pass'],
    ['links', 'out', [{ path: 'a/b', after: '../../etc', kind: 'link' }], 'block'],
    ['links', 'absolute', [{ path: 'a', after: '/root/.ssh', kind: 'link' }], 'block'],
    ['links', 'into .git', [{ path: 'a', after: '.GIT/hooks', kind: 'link' }], 'block'],
    ['links', 'up again', [{ path: 'a/b', after: 'c/../../d', kind: 'link' }], 'block'],
    ['links', 'to nowhere', [{ path: 'a', after: '', kind: 'link' }], 'block'],
    ['links', 'in place of a file', [{ path: 'a', before: 'x', after: 'b', was: 'file', kind: 'link' }], 'ask'],
    ['links', 'inside', [{ path: 'a/b', after: '../c', kind: 'link' }], 'pass'],
    ['links', 'submodule', [{ path: 'sub', after: 'x', kind: 'repository' }], 'block'],
    ['links', '.gitmodules', [{ path: '.gitmodules', after: '[submodule "x"]' }], 'block'],
    ['agent-files', 'claude', [{ path: 'sub/.claude/settings.json', after: '{}' }], 'block'],
    ['agent-files', 'cursor', [{ path: '.cursor/mcp.json', after: '{}' }], 'block'],
    ['agent-files', 'vscode', [{ path: '.vscode/tasks.json', after: '{}' }], 'block'],
    ['agent-files', 'envrc', [{ path: '.envrc', after: 'x' }], 'block'],
    ['agent-files', 'husky', [{ path: '.husky/pre-commit', after: 'x' }], 'block'],
    ['agent-files', 'npmrc', [{ path: '.npmrc', after: 'x' }], 'block'],
    ['agent-files', 'AGENTS.md', [{ path: 'AGENTS.md', after: 'x' }], 'ask'],
    ['agent-files', 'attributes', [{ path: '.gitattributes', after: '*.ts filter=x' }], 'block'],
    ['agent-files', 'plain attributes', [{ path: '.gitattributes', after: '*.ts text eol=lf' }], 'pass'],
    ['agent-files', 'postinstall', [{ path: 'package.json', after: '{"scripts":{"postinstall":"x"}}' }], 'block'],
    ...['diff', 'merge', 'working-tree-encoding'].map((name): Case => {
      return ['agent-files', `attribute ${name}`, [{ path: 'a/.gitattributes', after: `*.ts ${name}=x` }], 'block']
    }),
    ...toolFiles.map((path): Case => ['agent-files', path, [{ path, after: 'x' }], 'block']),
    ...['CLAUDE.md', 'docs/GEMINI.md', '.github/copilot-instructions.md', 'a/SKILL.md'].map((path): Case => {
      return ['agent-files', path, [{ path, after: 'x' }], 'ask']
    }),
    ...installScripts.map((name): Case => {
      return ['agent-files', name, [{ path: 'a/package.json', after: `{"scripts":{"${name}":"x"}}` }], 'block']
    }),
    [
      'agent-files',
      'a script that was there',
      [{ path: 'package.json', before: '{"scripts":{"prepare":"x"}}', after: '{"scripts":{"prepare":"x"},"a":1}' }],
      'pass',
    ],
    [
      'agent-files',
      'a script that goes',
      [{ path: 'package.json', before: '{"scripts":{"prepare":"x"}}', after: '{"scripts":{}}' }],
      'pass',
    ],
    ['agent-files', 'gone', [{ path: '.envrc', before: 'x' }], 'pass'],
    ['names', 'bidi', [{ path: 'a\u202Egnp.ts', after: 'x' }], 'block'],
    ['names', 'invisible', [{ path: 'a\u200Bb.ts', after: 'x' }], 'block'],
    ['names', 'look-alike', [{ path: 'src/p\u0430y.ts', after: 'x' }], 'block'],
    ['names', 'another script', [{ path: 'docs/\u043F\u0440\u0438\u0432\u0435\u0442.md', after: 'x' }], 'pass'],
    ['names', 'git’s own folder', [{ path: 'a/.Git/config', after: 'x' }], 'block'],
    ['names', 'its short name', [{ path: 'GIT~1/config', after: 'x' }], 'block'],
    ['names', 'its name with a dot', [{ path: '.git./config', after: 'x' }], 'block'],
    ['names', 'a name that ends in a space', [{ path: 'a /b', after: 'x' }], 'block'],
    ['names', 'put together', [{ path: 'cafe\u0301.md', after: 'x' }], 'ask'],
    ['names', 'a repository by its name', [{ path: 'test/one.git/config', after: 'x' }], 'pass'],
    ['names', 'gone', [{ path: 'a\u202Eb', before: 'x' }], 'pass'],
    ['names', 'control', [{ path: 'a\nb', after: 'x' }], 'block'],
    ['names', 'case', [{ path: 'A.ts', twin: 'a.ts', after: 'x' }], 'block'],
    ['names', 'text that turns', [{ path: 'a.ts', after: 'if (a) { \u2066// check\u2069 }' }], 'block'],
    ['names', 'accents', [{ path: 'caf\u00E9.md', after: 'caf\u00E9' }], 'pass'],
    ['large-files', 'large', [{ path: 'a.bin', after: 'x'.repeat(1_000_001) }], 'block'],
    ['large-files', 'a text that became binary', [{ path: 'check.sh', before: 'x', after: null }], 'ask'],
    ['large-files', 'new and binary', [{ path: 'a.png', after: null }], 'ask'],
    ['large-files', 'binary as before', [{ path: 'a.png', before: null, after: null }], 'pass'],
    [
      'large-files',
      'large, but smaller',
      [{ path: 'a', before: 'x'.repeat(1_000_002), after: 'x'.repeat(1_000_001) }],
      'pass',
    ],
    [
      'diff-budget',
      'as many lines as may be',
      [{ path: 'a', after: Array.from({ length: 1_000 }, (_, n) => n).join('\n') }],
      'pass',
    ],
    ['diff-budget', 'files', Array.from({ length: 51 }, (_, n) => ({ path: `a${n}`, after: 'x' })), 'ask'],
    [
      'diff-budget',
      'as many files as may be',
      Array.from({ length: 50 }, (_, n) => ({ path: `a${n}`, after: 'x' })),
      'pass',
    ],
    ...roles.map((role): Case => {
      return ['diff-budget', role, [{ path: 'a/package.json', before: '{}', after: `{"${role}":{"a":"1"}}` }], 'ask']
    }),
    ['diff-budget', 'requirement', [{ path: 'requirements-dev.txt', before: 'a==1', after: 'a==2\n# b\nc' }], 'ask'],
    ['diff-budget', 'known requirement', [{ path: 'requirements.txt', before: 'a==1', after: '# why\na==2' }], 'pass'],
    ['diff-budget', 'crate', [{ path: 'Cargo.toml', before: '', after: '[dependencies]\nserde = "1"' }], 'ask'],
    ['diff-budget', 'unreadable', [{ path: 'Cargo.toml', before: '', after: '[dependencies' }], 'ask'],
    ['test-tampering', 'settings', [{ path: 'pyproject.toml', after: '[tool.pytest.ini_options]' }], 'ask'],
    ['test-tampering', 'other settings', [{ path: 'pyproject.toml', after: '[tool.ruff]' }], 'pass'],
    ['diff-budget', 'lines', [{ path: 'a', after: Array.from({ length: 1_001 }, (_, n) => n).join('\n') }], 'ask'],
    [
      'diff-budget',
      'lockfile',
      [{ path: 'package-lock.json', after: Array.from({ length: 2_000 }, (_, n) => n).join('\n') }],
      'pass',
    ],
    [
      'diff-budget',
      'dependency',
      [{ path: 'package.json', before: '{}', after: '{"dependencies":{"left-pad":"1"}}' }],
      'ask',
    ],
    [
      'diff-budget',
      'known dependency',
      [{ path: 'package.json', before: '{"dependencies":{"a":"1"}}', after: '{"dependencies":{"a":"2"}}' }],
      'pass',
    ],
  ]
  test.each(cases)('G4: %s: %s', (guard, _what, edits, verdict, more = {}) => {
    expect(found(guard, edits, more)?.verdict).toBe(verdict)
  })

  test('G4a: a secret is not repeated in the evidence', () => {
    const secret = 'AKIAABCDEFGHIJKLMNOP'
    expect(JSON.stringify(found('secrets', [{ path: 'a', after: secret }]))).not.toContain(secret)
  })

  test('G4a: evidence says path, line and what stands there, and is bounded', () => {
    const text = Array.from({ length: 50 }, (_, n) => `test.skip('${n}')`).join('\n')
    const verdict = found('test-tampering', [{ path: 'a.test.ts', after: text }])
    expect(verdict).toMatchObject({ more: 30, findings: { length: 20 } })
    expect(verdict?.findings[1]).toEqual({
      what: 'a test is skipped',
      path: 'a.test.ts',
      line: 2,
      quote: "test.skip('1')",
      certainty: 'maybe',
    })
  })
})

test('G4b: what is done about a finding is policy, and a guard that throws asks a human', () => {
  const edits = change({ path: '.envrc', after: 'x' })
  const run = (policy: Record<string, 'block' | 'ask' | 'warn'>) =>
    runGuards({ change: edits, context, policy }).verdict
  expect([run({}), run({ 'agent-files': 'ask' }), run({ 'agent-files': 'warn' })]).toEqual(['block', 'ask', 'warn'])
  const broken: Guard = {
    name: 'broken',
    about: 'throws',
    policy: 'block',
    check: () => {
      throw new Error('oh')
    },
  }
  expect(runGuards({ change: change(), context, guards: [broken] })).toMatchObject({
    verdict: 'ask',
    verdicts: [{ guard: 'broken', findings: [{ what: 'this guard failed: oh', certainty: 'maybe' }], more: 0 }],
  })
})

test('G4b: a guard that takes its time has the same policy, and one that fails blocks whatever its policy', async () => {
  const slow = (check: SlowGuard['check']): SlowGuard => ({ name: 'slow', about: 'waits', policy: 'block', check })
  const ask = async (guard: SlowGuard, policy?: GuardPolicy) => {
    const { isTest: _, ...plain } = context
    const options = { change: change(), context: { ...plain, testGlobs: [] }, guards: [guard] }
    const beside = await askSlowGuards({ ...options, ...(policy && { policy: { slow: policy } }) })
    return runGuards({ change: change(), context, guards: [], beside })
  }
  const finds = slow(async () => [{ what: 'this', certainty: 'sure' }])
  expect([(await ask(finds)).verdict, (await ask(finds, 'warn')).verdict]).toEqual(['block', 'warn'])
  expect((await ask(slow(async () => []))).verdict).toBe('pass')
  const fails = slow(() => Promise.reject(new Error('oh')))
  expect(await ask(fails, 'warn')).toEqual({
    verdict: 'block',
    verdicts: [
      {
        guard: 'slow',
        verdict: 'block',
        findings: [{ what: 'this guard failed, so nothing passes: oh', certainty: 'sure' }],
        more: 0,
      },
    ],
  })
})

test('G4b: the same change and context give the same verdict, and a line of a megabyte is judged at once', () => {
  const nasty = ['eyJ-', 'a.', '__eq__ ', "it('", '-----BEGIN A ', 'a://b:', 'new Error().stack ', '|| '].map(
    (piece, n) => ({
      path: n % 2 === 0 ? `a${n}.ts` : `a${n}.test.ts`,
      after: piece.repeat(Math.ceil(1_000_000 / piece.length)),
    }),
  )
  const started = performance.now()
  const first = runGuards({ change: change(...nasty), context })
  expect(performance.now() - started).toBeLessThan(10_000)
  expect(runGuards({ change: change(...nasty), context })).toEqual(first)
  expect(builtInGuards.map(({ name }) => name)).toContain('scope')
})

test('G4: a change is read from the vault with its lines, kinds and sizes, whatever its files are', async () => {
  const floor = await factoryFloor({ 'a.txt': 'one\ntwo\nthree\n', gone: 'x\n', 'run.sh': 'x\n', 'Src/a': 'x\n' })
  const { attempt, agent } = await floor.attempt('one')
  agent.write({
    'a.txt': 'one\n2\nthree\nfour',
    gone: null,
    'run.sh!': 'x\n',
    link: { link: 'a.txt' },
    'bin.dat': new Uint8Array([0, 1, 2]),
    'empty.txt': '',
    'src/b': '',
  })
  const { bundle } = await floor.collect(attempt)
  const { head } = await receiveWork({ vault: floor.vault, attempt: 'one', bundle, base: attempt.base })
  const author = { name: 'a', email: 'a@b' }
  const merged = await mergeWork({
    vault: floor.vault,
    base: attempt.base,
    head,
    protectedPaths: [],
    message: 'm',
    author,
    now: 0,
  })
  if (merged.kind !== 'merged') throw new Error(merged.kind)
  const read = await readChange({ vault: floor.vault, base: attempt.base, tree: merged.wanted })
  expect(read).toMatchObject({ addedLines: 3, removedLines: 2 })
  const by = Object.fromEntries(read.files.map((file) => [file.path, file]))
  expect(by['a.txt']).toMatchObject({
    added: [
      { line: 2, text: '2' },
      { line: 4, text: 'four' },
    ],
    removed: [{ line: 2, text: 'two' }],
  })
  expect(by['gone']).toMatchObject({ after: undefined, removed: [{ line: 1, text: 'x' }] })
  expect(by['run.sh']).toMatchObject({ before: { kind: 'file' }, after: { kind: 'program' }, added: [] })
  expect(by['link']).toMatchObject({ after: { kind: 'link', text: 'a.txt' } })
  expect(by['bin.dat']).toMatchObject({ after: { bytes: 3, text: undefined }, added: [] })
  expect(read.files.flatMap(({ twin }) => twin ?? [])).toEqual(['Src/b'])
  await expect(
    readChange({ vault: floor.vault, base: attempt.base, tree: merged.wanted, maxFiles: 2 }),
  ).rejects.toMatchObject({
    code: 'work_too_large',
  })
})
