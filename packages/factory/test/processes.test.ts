import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  endMarked,
  markedProcesses,
  markerName,
  openScratch,
  runCommand,
  runConfined,
  sandboxArgv,
  type Sandbox,
} from '@headrace/factory'
import { testFolder } from './support/git-repository.ts'
import { missing, sandbox } from './support/sandbox.ts'

const PATH = `${path.dirname(process.execPath)}:/usr/bin:/bin`
const bounds = { timeoutMs: 20_000, maxOutputBytes: 1_000_000 }
const none: Sandbox = { kind: 'none', reason: 'bubblewrap (bwrap) is not installed' }

test('F7a: what left its process group and session is found by the marker and ended, and that is shown', async () => {
  const marker = randomUUID()
  // Two that leave, one of them with an empty environment: that one is found as a child of a marked one.
  const script = `
    setsid sh -c 'env -i tail -f /dev/null & touch away; exec tail -f /dev/null' >/dev/null 2>&1 &
    while ! test -e away; do :; done`
  const env = { PATH, [markerName]: marker }
  await runCommand({ argv: ['/bin/sh', '-c', script], cwd: testFolder(), env, ...bounds })
  await expect.poll(async () => (await markedProcesses(marker)).length).toBeGreaterThanOrEqual(2)
  const proof = await endMarked(marker)
  expect(proof.left).toEqual([])
  expect(proof.ended.map(({ command }) => command)).toContain('tail -f /dev/null')
  expect(await markedProcesses(marker)).toEqual([])
})

test('F7a: a marker that another one begins with is another one', async () => {
  const marker = randomUUID()
  const stop = new AbortController()
  const env = { PATH, [markerName]: `${marker}2` }
  const running = runCommand({ argv: ['tail', '-f', '/dev/null'], cwd: '/', env, ...bounds, signal: stop.signal })
  await expect.poll(async () => (await markedProcesses(`${marker}2`)).length).toBe(1)
  expect(await markedProcesses(marker)).toEqual([])
  stop.abort()
  expect((await running).end).toEqual({ kind: 'aborted' })
})

test('F7h: what a killed process was at is cleared away with what it had started, and what lives is left alone', async () => {
  const floor = testFolder()
  const marker = randomUUID()
  const mine = await openScratch(floor)
  const held = Promise.withResolvers<void>()
  let place = ''
  const working = mine.with((folder) => {
    place = folder
    return held.promise
  })
  const child = spawn(
    process.execPath,
    ['--conditions=@headrace/source', path.join(import.meta.dirname, 'support/at-work.ts'), testFolder(), marker],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [left] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(existsSync(path.join(left, 'half'))).toBe(true)
  expect(await markedProcesses(marker)).toHaveLength(1)
  const next = await openScratch(floor)
  expect(existsSync(path.dirname(left))).toBe(false)
  expect(await markedProcesses(marker)).toEqual([])
  expect(existsSync(place)).toBe(true)
  held.resolve()
  await working
  await Promise.all([mine.close(), next.close()])
  expect(existsSync(place)).toBe(false)
})

test('F2b: nothing is given to what is in a sandbox but what was asked for, and what lies deeper is over what is above', () => {
  const bubblewrap = { kind: 'bubblewrap', program: '/usr/bin/bwrap', system: ['--ro-bind', '/usr', '/usr'] } as const
  const argv = sandboxArgv(bubblewrap, {
    argv: ['tool', '--share-net'],
    cwd: '/clone',
    env: { A: 'b' },
    writable: ['/clone/deep/er', '/same', '/clone'],
    readable: ['/same', '/clone/deep'],
    placed: { '/etc/hosts': '/own/hosts' },
  })
  const own = argv.slice(0, argv.indexOf('--'))
  expect(argv.slice(own.length)).toEqual(['--', 'tool', '--share-net'])
  for (const always of ['--unshare-all', '--die-with-parent', '--new-session', '--clearenv'])
    expect(own).toContain(always)
  for (const never of ['--share-net', '--uid', '--gid', '--info-fd', '--block-fd']) expect(own).not.toContain(never)
  const said = own.join(' ')
  expect(said).toContain('--cap-drop ALL')
  expect(said).toContain('--tmpfs /tmp --ro-bind-try /same /same --bind /same /same --bind /clone /clone')
  expect(said).toContain('--ro-bind-try /clone/deep /clone/deep --bind /clone/deep/er /clone/deep/er')
  // The root is no place to write to, whatever was mounted in it.
  expect(said).toMatch(/--ro-bind \/own\/hosts \/etc\/hosts --remount-ro \/ --chdir \/clone --clearenv --setenv A b$/)
  const open = sandboxArgv(bubblewrap, { argv: ['tool'], cwd: '/', writable: [], network: 'open', uid: 1 }).join(' ')
  expect(open).toContain('--unshare-all --share-net --ro-bind-try /etc/resolv.conf /etc/resolv.conf --uid 1 --gid 1 ')
  expect(open).not.toContain('--clearenv')
})

test('F2b: what demands a sandbox does not start without one', async () => {
  const folder = testFolder()
  const run = runConfined({
    ...bounds,
    argv: ['touch', path.join(folder, 'canary')],
    cwd: folder,
    env: { PATH },
    sandbox: none,
    demand: 'required',
    writable: [folder],
    marker: randomUUID(),
  })
  await expect(run).rejects.toMatchObject({ code: 'sandbox_missing', next: expect.stringContaining('bubblewrap') })
  expect(existsSync(path.join(folder, 'canary'))).toBe(false)
})

describe('sandbox', () => {
  beforeEach(({ skip }) => skip(sandbox.kind === 'none', missing))

  function inside(folder: string, script: string, more: object = {}) {
    return runConfined({
      ...bounds,
      argv: ['/bin/sh', '-c', script],
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', HOME: folder },
      sandbox,
      demand: 'required',
      writable: [folder],
      marker: randomUUID(),
      ...more,
    })
  }

  test('F2b: it sees its own folder, and no other file of the machine, no secret, no process and no network', async () => {
    const folder = testFolder()
    const outside = testFolder()
    writeFileSync(path.join(outside, 'secret'), 'canary')
    process.env['HEADRACE_TEST_SECRET'] = 'canary-in-environment'
    const script = `
      ls ${outside} /root /home /var 2>/dev/null; cat ${outside}/secret 2>/dev/null; env
      touch ${outside}/x /etc/x /usr/x /x 2>/dev/null; echo mine > mine
      cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'
      cat /proc/net/dev | tail -n +3 | grep -v ' lo:' | wc -l | sed 's/^/links /'`
    const result = await inside(folder, script)
    delete process.env['HEADRACE_TEST_SECRET']
    expect(result.end).toEqual({ kind: 'exited', code: 0 })
    expect(result.sandboxed).toBe(true)
    expect(result.stdout.toString()).not.toContain('canary')
    expect(result.stdout.toString()).toMatch(/^links 0$/m)
    expect(existsSync(path.join(folder, 'mine'))).toBe(true)
    expect(existsSync(path.join(outside, 'x'))).toBe(false)
  })

  test('F7a: everything in it ends with it, also what cleared its environment and left its session', async () => {
    const folder = testFolder()
    const token = randomUUID()
    const script = `env -i setsid tail -f /dev/null ${token} 2>/dev/null & while ! test -e go; do echo .; done`
    const running = inside(folder, script, { maxOutputBytes: 1e9, onOutput: () => undefined })
    const alive = async () =>
      (await runCommand({ argv: ['ps', '-eo', 'args'], cwd: '/', env: { PATH }, ...bounds })).stdout
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('tail') && line.includes(token)).length
    await expect.poll(alive).toBe(1)
    writeFileSync(path.join(folder, 'go'), '')
    expect((await running).proof.left).toEqual([])
    await expect.poll(alive).toBe(0)
  })
})
