import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { countJunit, createTestCounter, runGate, type GateOptions, type GateStep } from '@headrace/factory'
import { testFolder } from './support/git-repository.ts'
import { missing, sandbox } from './support/sandbox.ts'

const node = process.execPath

function checkout(files: Record<string, string>): string {
  const folder = path.join(testFolder(), 'checkout')
  mkdirSync(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  return folder
}

function gate(files: Record<string, string>, more: Partial<GateOptions> & { readonly script?: string } = {}) {
  const { script, ...options } = more
  const argv: GateStep['argv'] = script === undefined ? [node, '--test'] : ['/bin/sh', '-c', script]
  const test = { argv, timeoutMs: 120_000 }
  return runGate({ checkout: checkout(files), test, sandbox, demand: 'preferred', ...options })
}

const good = `import test from 'node:test'\ntest('a', () => {})\ntest('b', () => {})\ntest.skip('c', () => {})\n`
const bad = `import test from 'node:test'\ntest('d', () => { throw new Error('broken') })\n`

test('G3b: a gate is green when tests ran and none failed', async () => {
  expect(await gate({ 'a.test.mjs': good })).toMatchObject({
    verdict: 'green',
    tests: { passed: 2, failed: 0, skipped: 1 },
    runners: ['node:test'],
    sandboxed: sandbox.kind !== 'none',
    proof: { left: [] },
  })
})

test('G3b: a failing test is red, with the output to learn from', async () => {
  const result = await gate({ 'a.test.mjs': good, 'b.test.mjs': bad })
  expect(result).toMatchObject({ verdict: 'red', class: 'product', tests: { passed: 2, failed: 1, skipped: 1 } })
  expect(result.output).toContain('broken')
})

test('G3b: exit 0 with no test that ran is red, whatever was printed', async () => {
  const scripts = {
    'exit 0': 'no test runner was recognised',
    'echo All good; exit 0': 'no test runner was recognised',
    'echo " Tests  no tests"': 'no test ran',
    'echo "Tests:       3 skipped, 3 total"': 'no test ran',
    'echo "=== no tests ran in 0.01s ==="': 'no test runner was recognised',
    'echo "test result: ok. 0 passed; 0 failed; 4 ignored; 0 measured"': 'no test ran',
  }
  for (const [script, why] of Object.entries(scripts)) {
    const result = await gate({}, { script })
    expect(result, script).toMatchObject({ verdict: 'red', class: 'harness', why: expect.stringContaining(why) })
  }
})

test('G3b: fewer tests than in the base are red, unless somebody has said that it is right', async () => {
  const baseline = { passed: 3, failed: 0, skipped: 0 }
  expect(await gate({ 'a.test.mjs': good }, { baseline })).toMatchObject({
    verdict: 'red',
    class: 'harness',
    why: expect.stringContaining('2 tests ran, and 3 run in the base'),
  })
  expect(await gate({ 'a.test.mjs': good }, { baseline, allowFewer: true })).toMatchObject({ verdict: 'green' })
})

test('G3b: why it is red is told apart: product, harness, set-up, environment', async () => {
  const step = (script: string, timeoutMs = 20_000): GateStep => ({ argv: ['/bin/sh', '-c', script], timeoutMs })
  const cases: [Partial<GateOptions>, string, string][] = [
    [{ test: step('exit 3') }, 'harness', 'ended with code 3, and no test ran'],
    [{ test: step('echo "Tests:       3 passed, 3 total"; exit 1') }, 'product', 'ended with code 1'],
    [{ test: step('tail -f /dev/null', 300) }, 'harness', 'was ended after 0.3 s'],
    [{ test: { argv: ['/nowhere/tests'], timeoutMs: 1_000 } }, sandbox.kind === 'none' ? 'environment' : 'harness', ''],
    [{ test: step('kill -9 $$'), demand: 'off' }, 'environment', 'was ended by SIGKILL'],
    [{ test: step('echo "write failed: No space left on device"; exit 1') }, 'environment', 'ended with code 1'],
    [{ setup: [step('echo broken; exit 7')], test: step('exit 0') }, 'setup', 'ended with code 7'],
    [{ setup: [step('echo getaddrinfo ENOTFOUND r; exit 1')], test: step('exit 0') }, 'environment', ''],
  ]
  for (const [options, failure, why] of cases) {
    const result = await gate({}, options)
    expect(result, JSON.stringify(options)).toMatchObject({
      verdict: 'red',
      class: failure,
      why: expect.stringContaining(why),
    })
  }
})

test('G3b: one that prints without end is ended at its cap, in bounded memory, and told as such', async () => {
  const before = process.memoryUsage().rss
  const maxOutputBytes = 250_000_000
  const result = await gate({}, { script: 'yes no end', maxOutputBytes })
  expect(result).toMatchObject({ verdict: 'red', class: 'harness', end: { kind: 'flood', maxBytes: maxOutputBytes } })
  expect(result.output.length).toBeLessThanOrEqual(65_536)
  // Less than was printed. How soon what was read is collected is for the runtime to say.
  expect(process.memoryUsage().rss - before).toBeLessThan(maxOutputBytes)
})

test('G3b: a JUnit report counts where one is named, and one that the change brought along does not', async () => {
  const forged = '<testsuite><testcase name="a"/></testsuite>'
  expect(await gate({ 'out.xml': forged }, { junit: 'out.xml', script: 'exit 0' })).toMatchObject({
    verdict: 'red',
    class: 'harness',
  })
  const script = `echo '<testsuites><testsuite><testcase name="a"></testcase><testcase name="b"/></testsuite></testsuites>' > out.xml`
  expect(await gate({}, { junit: 'out.xml', script })).toMatchObject({ verdict: 'green', tests: { passed: 2 } })
})

test('F7a: what a gate leaves running is ended, and shown', async () => {
  const script = `
    setsid sh -c 'touch away; exec tail -f /dev/null' >/dev/null 2>&1 &
    while ! test -e away; do :; done
    echo "Tests:       3 passed, 3 total"`
  const result = await gate({}, { script, demand: 'off' })
  expect(result).toMatchObject({ verdict: 'green', proof: { left: [] } })
  expect(result.proof.ended.map(({ command }) => command)).toContain('tail -f /dev/null')
})

describe('in the sandbox', () => {
  beforeEach(({ skip }) => skip(sandbox.kind === 'none', missing))

  test('G3e: runners write the report that counts to a file that what is tested has no name for', async () => {
    const folder = checkout({
      'a.test.mjs': `import { test } from 'vitest'\nconsole.log('      Tests  99 passed (99)')\ntest('a', () => {})\ntest.skip('b', () => {})\n`,
    })
    const modules = path.join(import.meta.dirname, '../../../node_modules')
    symlinkSync(modules, path.join(folder, 'node_modules'))
    const result = await runGate({
      checkout: folder,
      test: {
        argv: [
          node,
          'node_modules/vitest/vitest.mjs',
          'run',
          '--reporter=default',
          '--reporter=junit',
          '--outputFile.junit={report}',
        ],
        timeoutMs: 120_000,
      },
      readable: [modules],
      sandbox,
      demand: 'required',
    })
    expect(result).toMatchObject({ verdict: 'green', tests: { passed: 1, failed: 0, skipped: 1 }, runners: ['junit'] })
  })

  test('G3c: tests reach no file, secret or network outside of their checkout', async () => {
    const outside = testFolder()
    const attack = `
      import test from 'node:test'
      import { writeFileSync, readdirSync, existsSync } from 'node:fs'
      import { connect } from 'node:net'
      import assert from 'node:assert'
      test('writes nothing', () => assert.throws(() => writeFileSync(${JSON.stringify(path.join(outside, 'canary'))}, '')))
      test('sees nothing', () => assert.equal(existsSync(${JSON.stringify(outside)}), false))
      test('has no secret', () => assert.equal(JSON.stringify(process.env).includes('canary'), false))
      test('has no network', () => new Promise((resolve, reject) => {
        const socket = connect({ host: '1.1.1.1', port: 53, timeout: 2000 })
        socket.on('error', resolve); socket.on('timeout', () => reject(new Error('timeout'))); socket.on('connect', reject)
      }))
      test('does its own work', () => writeFileSync('mine', ''))`
    process.env['HEADRACE_TEST_SECRET'] = 'canary'
    const result = await gate({ 'a.test.mjs': attack }, { demand: 'required' })
    delete process.env['HEADRACE_TEST_SECRET']
    expect(result.output).toContain('ℹ pass 5')
    expect(result).toMatchObject({ verdict: 'green', sandboxed: true, tests: { passed: 5 } })
  })
})

describe('counts', () => {
  const cases: [string, string, [number, number, number] | undefined][] = [
    ['vitest', ' Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 5 passed | 2 skipped (8)\n', [5, 1, 2]],
    [
      'vitest',
      '\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[32m5 passed\u001b[39m\u001b[22m\u001b[90m (5)\u001b[39m\n',
      [5, 0, 0],
    ],
    ['jest', 'Test Suites: 1 passed, 1 total\nTests:       1 failed, 2 skipped, 3 passed, 6 total\n', [3, 1, 2]],
    ['node:test', 'ℹ tests 4\nℹ suites 1\nℹ pass 2\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n', [2, 1, 1]],
    ['node:test', 'TAP version 13\nok 1 - a\n1..1\n# tests 1\n# pass 1\n# fail 0\n', [1, 0, 0]],
    ['mocha', '\n  3 passing (12ms)\n  1 pending\n  2 failing\n', [3, 2, 1]],
    ['pytest', '==== 1 failed, 3 passed, 2 skipped, 1 warning in 0.12s ====\n', [3, 1, 2]],
    ['pytest', '3 passed in 0.01s\n', [3, 0, 0]],
    ['pytest', '=== 2 passed, 1 error in 61.20s (0:01:01) ===\n', [2, 1, 0]],
    ['unittest', 'Ran 5 tests in 0.001s\n\nFAILED (failures=1, errors=1, skipped=1)\n', [2, 2, 1]],
    [
      'go test',
      '=== RUN TestA\n--- PASS: TestA (0.00s)\n    --- PASS: TestA/x (0.00s)\n--- SKIP: TestB (0.0s)\nok  \tx\t0.1s\n',
      [2, 0, 1],
    ],
    [
      'go test',
      'ok  \texample.com/a\t0.101s\n?   \texample.com/b\t[no test files]\nFAIL\texample.com/c\t0.1s\n',
      [1, 1, 0],
    ],
    [
      'go test',
      '{"Time":"2026","Action":"pass","Package":"x","Test":"TestA"}\n{"Time":"2026","Action":"pass","Package":"x"}\n',
      [1, 0, 0],
    ],
    [
      'cargo',
      'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0s\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured\n',
      [4, 1, 1],
    ],
    ['tap', 'TAP version 14\nok 1 - a\n    ok 1 - inner\nnot ok 2 - b\nok 3 - c # SKIP later\n1..3\n', [1, 1, 1]],
    ['nothing', 'ok, all 3 passed\nTests passed\n3 passed\n', undefined],
  ]
  test.each(cases)('G3b: what %s prints is counted (%#)', (runner, output, counts) => {
    const counter = createTestCounter()
    const bytes = Buffer.from(output)
    // In pieces that cut lines and characters.
    for (let at = 0; at < bytes.length; at += 7) counter.push(bytes.subarray(at, at + 7))
    const [passed, failed, skipped] = counts ?? []
    expect(counter.counts()).toEqual(counts && { counts: { passed, failed, skipped }, runners: [runner] })
  })

  test('G3b: the cases of a JUnit report are counted, not what it says in its head or in its texts', () => {
    const xml = `<?xml version="1.0"?><testsuites tests="99"><testsuite tests="99">
      <testcase name="a"/><testcase name="b"><failure>x</failure></testcase>
      <testcase name="c"><skipped/></testcase><testcase name="d"><system-out><![CDATA[<testcase/> <failure>]]></system-out></testcase>
      <!-- <testcase/> --></testsuite></testsuites>`
    expect(countJunit(xml)).toEqual({ passed: 2, failed: 1, skipped: 1 })
    expect(countJunit('<html/>')).toBeUndefined()
  })
})
