import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommanderError, type Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { exitCode, exitCodeHelp } from '../src/exit-code.ts'
import { createProgram } from '../src/program.ts'
import { folder, headrace } from './support/headrace.ts'

/** What is said about these arguments, which run nothing. `code` is that of commander; main makes ours of it. */
function parsed(args: readonly string[]): { readonly code: number; readonly out: string; readonly err: string } {
  const [program, said] = [createProgram(), { out: '', err: '' }]
  const listen = (command: Command): void => {
    command.configureOutput({ writeOut: (text) => (said.out += text), writeErr: (text) => (said.err += text) })
    command.commands.forEach(listen)
  }
  listen(program)
  try {
    program.parse(args, { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError) return { code: thrown.exitCode, ...said }
    throw thrown
  }
  throw new Error('nothing was said')
}

describe('headrace', () => {
  test.each(['20.19.0', '22.12.0', '18.0.0'])('says in one sentence that Node %s is too old', async (version) => {
    await using place = await folder()
    const source = readFileSync(fileURLToPath(new URL('../src/bin.ts', import.meta.url)), 'utf8')
    const file = path.join(place.path, 'bin.mjs')
    writeFileSync(file, stripTypeScriptTypes(source))
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(
        process.execPath,
        ['--import', `data:text/javascript,${encodeURIComponent(older)}`, file],
        (error, stdout, stderr) => {
          resolve({ code: error?.code ?? 0, stdout, stderr })
        },
      )
    })
    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: `headrace needs Node 22.13 or newer, and this is Node ${version}. Install a newer one from https://nodejs.org.\n`,
    })
  })

  test('what npm links as the command is there before a build, and says that one is missing', async () => {
    const root = fileURLToPath(new URL('..', import.meta.url))
    const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
    const { bin, files } = manifest as { bin: { headrace: string }; files: readonly string[] }
    const file = path.join(root, bin.headrace)
    expect(files).toContain(path.basename(path.dirname(file)))
    expect(statSync(file).mode & 0o111).toBe(0o111)
    await using place = await folder()
    mkdirSync(path.join(place.path, 'bin'))
    const alone = path.join(place.path, 'bin/headrace.mjs')
    copyFileSync(file, alone)
    const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, [alone], (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }))
    })
    expect(ended).toEqual({ code: 1, stderr: expect.stringContaining('npm run build') })
  })

  test('--version is that of the package', async () => {
    const manifest: unknown = JSON.parse(
      readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8'),
    )
    const { code, stdout } = await headrace(['--version'])
    expect({ code, version: stdout.trim() }).toEqual({ code: 0, version: (manifest as { version: string }).version })
  })

  test('a mistyped command and a missing argument are told with the fix', async () => {
    expect(await headrace(['tial', 's'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean tail?'),
    })
    expect(await headrace(['tail'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'session'"),
    })
  })

  test.each([
    [['help', 'nope'], /^error: unknown command 'nope'\n\([^\n]*headrace --help shows how it is used\)\n$/],
    [['help', 'sned'], /^error: unknown command 'sned'\n\(Did you mean send\?\)/],
    [['sned', '--help'], /^error: unknown command 'sned'\n\(Did you mean send\?\)/],
    [['help', 'factory', 'tsak', 'add'], /^error: unknown command 'tsak'\n\(Did you mean task\?\)/],
    [
      ['factory', 'help', 'task', 'ad'],
      /^error: unknown command 'ad'\n\(Did you mean add\?\)[^]*headrace factory task/,
    ],
    [['factory', 'task', 'ad', '-h'], /^error: unknown command 'ad'\n\(Did you mean add\?\)/],
  ])('%j names the command that is none, and the one that was meant', (args, wanted) => {
    expect(parsed(args)).toEqual({ code: 1, out: '', err: expect.stringMatching(wanted) })
  })

  test.each([
    [['help'], /^Usage: headrace \[options\]/],
    [['help', 'send'], /^Usage: headrace send /],
    [['help', 'factory'], /^Usage: headrace factory /],
    [['help', 'factory', 'task', 'add'], /^Usage: headrace factory task add /],
    [['factory', 'help', 'task'], /^Usage: headrace factory task /],
    [['factory', '--help'], /^Usage: headrace factory /],
    [['--verbose', '--help'], /^Usage: headrace \[options\]/],
    [['help', 'help'], /^Usage: headrace help /],
  ])('%j prints that help and no other', (args, wanted) => {
    expect(parsed(args)).toEqual({ code: 0, out: expect.stringMatching(wanted), err: '' })
  })

  test.each([
    [['demo', '--speed', '0'], "argument '0' is invalid. It must be a number from 0.1 to 100."],
    [['demo', '--speed', '1e2'], "argument '1e2' is invalid. It must be a number from 0.1 to 100."],
    [['demo', '--speed', '100.5'], "argument '100.5' is invalid. It must be a number from 0.1 to 100."],
    [['demo', '--port', '80.5'], "argument '80.5' is invalid. It must be a whole number from 0 to 65535."],
  ])('%j is told what it takes', (args, wanted) => {
    expect(parsed(args)).toEqual({ code: 1, out: '', err: expect.stringContaining(wanted) })
  })

  test('every command has help with examples', () => {
    const { commands } = createProgram()
    expect(commands.map((command) => command.name())).toEqual([
      'serve',
      'demo',
      'token',
      'sessions',
      'tail',
      'send',
      'cancel',
      'steer',
      'pause',
      'resume',
      'take',
      'hand-back',
      'inbox',
      'answer',
      'search',
      'fork',
      'export',
      'erase',
      'share',
      'mcp',
      'verify',
      'salvage',
      'agent',
      'factory',
      'help',
    ])
    for (const command of commands) {
      let help = ''
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      expect(help).toContain(`\nExamples:\n`)
      expect(help).toContain(`headrace ${command.name()}`)
    }
  })

  test('the exit codes in the help are those in the table', () => {
    for (const [name, code] of Object.entries(exitCode))
      if (name !== 'interrupted') expect(exitCodeHelp).toMatch(new RegExp(`^ {2}${code} {2}\\w`, 'm'))
  })

  test('colours only where they are wanted', async () => {
    const args = ['tail', 's', '--url', 'http://127.0.0.1:9', '--token', 'x']
    expect((await headrace(args)).stderr).toMatch(/^error: No server answers/)
    // oxlint-disable-next-line no-control-regex
    expect((await headrace(args, { env: { NO_COLOR: '', FORCE_COLOR: '1' } })).stderr).toMatch(/^\u001b\[31merror:/)
  })
})
