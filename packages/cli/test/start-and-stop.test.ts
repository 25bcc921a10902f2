import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { HeadraceError } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { explain } from '../src/explain.ts'
import { introduction } from '../src/demo/introduction.ts'
import { explainStart } from '../src/serve/explain-start.ts'
import { linkOf } from '../src/serve/link.ts'
import { inOwnName, ownName } from '../src/terminal/own-name.ts'
import { folder, start } from './support/headrace.ts'

const source = (file: string): string => fileURLToPath(new URL(`../src/${file}`, import.meta.url))

describe('why a server could not start', () => {
  const place = { host: '127.0.0.1', port: 80, data: './nowhere' }
  const system = (code: string): Error => Object.assign(new Error(`it said ${code}`), { code })

  test.each([
    ['EADDRINUSE', 'Port 80 of 127.0.0.1 is in use', '--port 81'],
    ['EACCES', 'may not open port 80', 'above 1023'],
    ['EADDRNOTAVAIL', 'no address 127.0.0.1', '--host 127.0.0.1'],
    ['ENOTFOUND', 'could not be resolved', '--host'],
    ['ENOSPC', 'is full', '--data'],
    ['EROFS', 'read-only', '--data'],
    ['EWHAT', 'it said EWHAT', '--verbose'],
  ])('%s: what and the fix', (code, what, fix) => {
    const problem = explainStart(system(code), place)
    expect(problem.exitCode).toBe(3)
    expect(problem.message).toContain(what)
    expect(problem.message).toContain(fix)
  })

  test('a damaged log names the option, a full disk the fix', () => {
    const damaged = new HeadraceError('store_corrupt', 'Damaged. Restore it, or accept the loss with acceptDamage.')
    expect(explainStart(damaged, place).message).toContain('--accept-damage')
    expect(explainStart(new HeadraceError('store_full', 'The disk of /d is full: no space'), place).message).toBe(
      'The disk of /d is full: no space. Free some space, or choose another directory with --data.',
    )
  })

  test('refusals while it runs have their own exit status', () => {
    expect(explain(new HeadraceError('forbidden', 'No.')).exitCode).toBe(5)
    expect(explain(new HeadraceError('connection_lost', 'Gone.')).exitCode).toBe(4)
    expect(explain(new Error('a defect'))).toMatchObject({
      exitCode: 1,
      message: 'a defect. Run it again with --verbose to see where.',
    })
  })
})

test('a start waits for nothing that only a scrape, or an agent that is called, has use for', async () => {
  await using data = await folder()
  const list = `import { registerHooks } from 'node:module'
    registerHooks({ load: (url, context, next) => (process.stderr.write(url + '\\n'), next(url, context)) })`
  const hook = `data:text/javascript,${encodeURIComponent(list)}`
  // From the sources: in a bundle the libraries have no names.
  const args = ['--conditions=@headrace/source', '--import', hook, source('bin.ts'), 'serve', '--port', '0', '--data']
  const server = spawn(process.execPath, [...args, data.path], { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const loaded = text(server.stderr)
    await once(server.stdout, 'data')
    server.kill('SIGTERM')
    const files = await loaded
    expect(files).toContain('/classic-level/')
    for (const later of ['prom-client', '@opentelemetry', 'packages/client/', 'packages/factory/'])
      expect(files).not.toContain(later)
  } finally {
    server.kill('SIGKILL')
  }
})

test('what was started by npm is called by npx, as it is on no PATH', () => {
  expect(ownName({})).toBe('headrace')
  const byNpm = { npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js' }
  expect(ownName(byNpm)).toBe('npx headrace')
  const inCheckout = { ...byNpm, npm_config_local_prefix: '/src/headrace' }
  expect(ownName(inCheckout, '/src/headrace/docs')).toBe('npx headrace')
  expect(ownName(inCheckout, '/src/headrace-app')).toBe('npx --prefix /src/headrace headrace')
  expect(inOwnName('Start one with `headrace serve`.', byNpm)).toBe('Start one with `npx headrace serve`.')
  expect(inOwnName('Start one with `headrace serve`.', {})).toBe('Start one with `headrace serve`.')
  const introduced = introduction({ operator: 'o', colleague: 'c' }, { model: undefined, data: 'd', hasConsole: true })
  expect(introduced.join('\n')).toContain(`From another terminal:  ${ownName()} tail demo/welcome`)
})

test('the token of a link stands behind the #', () => {
  expect(linkOf('http://h:1', 'a.b-c_d')).toBe('http://h:1/#token=a.b-c_d')
  expect(linkOf('http://h:1', 't', 'demo/welcome')).toBe('http://h:1/#token=t&session=demo%2Fwelcome')
  expect(linkOf('http://h:1', undefined)).toBe('http://h:1/')
})

test('a second signal ends a stop that hangs', async () => {
  await using place = await folder()
  const file = path.join(place.path, 'hangs.mjs')
  writeFileSync(
    file,
    `import { stopOnSignal } from ${JSON.stringify(source('serve/shutdown.ts'))}
     setInterval(() => undefined, 1_000)
     const stopped = stopOnSignal({ stop: () => new Promise(() => undefined), last: () => console.log('last'), say: (line) => console.log(line) })
     console.log('up')
     await stopped`,
  )
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    const before = output
    output += String(chunk)
    if (output.includes('up') && !before.includes('up')) child.kill('SIGTERM')
    if (output.includes('again to stop at once') && !before.includes('again to stop at once')) child.kill('SIGTERM')
  }
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(143)
  expect(output.trim().split('\n').at(-1)).toBe('last')
})

test.skipIf(process.platform === 'win32')(
  'demo --open hands the link to the browser in a file, not in its arguments',
  async () => {
    await using place = await folder()
    const said = path.join(place.path, 'said')
    for (const name of ['xdg-open', 'open']) {
      const file = path.join(place.path, name)
      writeFileSync(file, `#!/bin/sh\necho "$@" > '${said}.new'\nmv '${said}.new' '${said}'\nkill -INT $PPID\n`)
      chmodSync(file, 0o755)
    }
    const data = path.join(place.path, 'data')
    const env = { PATH: `${place.path}:${process.env['PATH'] ?? ''}` }
    await using demo = start(['demo', '--port', '0', '--json', '--open', '--data', data], { env })
    const page = path.join(data, 'open.html')
    const [line] = await demo.seen(/^.*\n/)
    expect(await demo.ended).toMatchObject({ code: 0 })
    expect(readFileSync(said, 'utf8').trim()).toBe(`file://${page}`)
    expect(line).toContain('"links"')
    expect(existsSync(page)).toBe(false)
  },
)
