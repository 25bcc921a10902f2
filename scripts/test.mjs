// npm test [-- vitest args]: every check a change must pass. `npm run check` (or HEADRACE_QUICK=1) stops before the tests.
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { build, Failure, install, main, node, root, run, tool } from './setup.mjs'

if (!process.stdout.isTTY) process.env.NO_COLOR ??= '1'

const args = process.argv.slice(2)
const quick = args[0] === '--static' || process.env.HEADRACE_QUICK === '1'

/** What the tests need. */
const needed = [
  ['types', () => run(node(), [tool('typescript', 'tsc'), '-b'])],
  ['build', () => build().then(() => 0)],
]
/** What no test needs, so that it runs beside them. */
const others = [
  ['format', (options) => run(node(), [tool('oxfmt'), '--check'], options)],
  ['lint', (options) => run(node(), [tool('oxlint')], options)],
  ['unused code and dependencies', (options) => run(node(), [tool('knip')], options)],
  ['packages', (options) => run(node(), ['scripts/publint.mjs'], options)],
  ['spec', (options) => run(node(), ['scripts/spec.mjs'], options)],
]

async function timed(name, body) {
  console.log(`\n── ${name}`)
  const start = performance.now()
  let code = 1
  try {
    code = await body()
  } catch (error) {
    console.log(error instanceof Failure ? error.message : error)
  }
  console.log(`── ${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return code === 0
}

/** Runs the other checks one by one. Each prints what it has to say in one piece, because the tests print meanwhile. */
async function besideTests(folder, onFailed) {
  for (const [name, body] of others) {
    const file = path.join(folder, 'check')
    const out = openSync(file, 'w')
    const isOk = await timed(name, async () => {
      try {
        return await body({ stdio: ['ignore', out, out] })
      } finally {
        closeSync(out)
        process.stdout.write(readFileSync(file))
      }
    })
    if (!isOk) onFailed(name)
  }
}

async function withTests(folder, failed) {
  // Tests start them hundreds of times, and from its sources the command takes twice as long.
  const bundle = ['--conditions=@headrace/source', 'scripts/programs.mjs']
  if (!(await timed('programs', () => run(node(), bundle)))) failed.push('programs')
  const stop = new AbortController()
  const isCI = process.env.CI === 'true'
  const checks = besideTests(folder, (name) => {
    failed.push(name)
    // Locally a mistake that seconds have shown needs no minutes of tests; CI shows everything at once.
    if (!isCI) stop.abort()
  })
  const env = {
    HEADRACE_CLOSING_LINE: path.join(folder, 'closing-line'),
    // Without it each file that shows the console to a browser builds one.
    ...(!failed.includes('build') && { HEADRACE_CONSOLE: path.join(root, 'packages/cli/console') }),
    // Without it programs are started from their sources.
    ...(!failed.includes('programs') && {
      HEADRACE_PROGRAMS: path.join(root, 'node_modules/.cache/headrace/programs'),
    }),
  }
  const options = { env, signal: stop.signal }
  const areOk = await timed('tests', () => run(node(), [tool('vitest'), 'run', ...args], options))
  await checks
  if (!areOk) failed.push(stop.signal.aborted ? 'tests (stopped)' : 'tests')
}

await main(async () => {
  await install()
  const failed = []
  for (const [name, body] of needed) if (!(await timed(name, body))) failed.push(name)

  let closingLine = ''
  if (quick || (failed.length > 0 && process.env.CI !== 'true')) {
    for (const [name, body] of others) if (!(await timed(name, body))) failed.push(name)
  } else {
    const folder = mkdtempSync(path.join(tmpdir(), 'headrace-test-'))
    await withTests(folder, failed)
    const file = path.join(folder, 'closing-line')
    if (existsSync(file)) closingLine = readFileSync(file, 'utf8')
    rmSync(folder, { recursive: true })
  }
  if (failed.length > 0) console.log(`\nFAILED: ${failed.join(', ')}`)
  if (closingLine !== '') console.log(`\n${closingLine}`)
  return failed.length === 0 ? 0 : 1
})
