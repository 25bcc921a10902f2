import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { describe, expect, test } from 'vitest'
import { folder, headrace, serve, start } from './support/headrace.ts'

/** How many connections the system lets wait to be accepted. */
const somaxconn = '/proc/sys/net/core/somaxconn'
const waitingConnections = existsSync(somaxconn) ? Number(readFileSync(somaxconn, 'utf8')) : 0
const secret = 'a secret of more than thirty-two bytes, for tests'

describe('headrace serve', () => {
  test('prints one line of JSON when it serves, and leaves its address for other commands until it stops', async () => {
    await using data = await folder()
    const { server, ready } = await serve(['--data', data.path])
    await using _server = server
    expect(ready).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      token: expect.any(String),
      pid: server.process.pid,
    })
    expect((await fetch(`${ready.url}/readyz`)).status).toBe(200)
    const me = await fetch(`${ready.url}/v1/me`, { headers: { authorization: `Bearer ${ready.token}` } })
    expect(await me.json()).toMatchObject({ actor: 'operator:local', agents: ['*'] })

    const file = path.join(data.path, 'server.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ url: ready.url, pid: ready.pid, token: ready.token })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(path.join(data.path, '.gitignore'), 'utf8')).toBe('*\n')

    server.kill('SIGTERM')
    const ended = await server.ended
    expect(ended.code).toBe(0)
    expect(ended.stdout.split('\n')).toHaveLength(2)
    expect(ended.stderr).toContain('Stopping')
    expect(existsSync(file)).toBe(false)
  })

  test.skipIf(waitingConnections < 1_000)(
    `a thousand clients that come back at once have room to wait in${waitingConnections < 1_000 ? ': net.core.somaxconn is less here' : ''}`,
    async () => {
      await using data = await folder()
      const { server, ready } = await serve(['--data', data.path])
      await using _server = server
      const { port } = new URL(ready.url)
      const sockets: Socket[] = []
      // It accepts nothing meanwhile: who connects has been given a place by the system.
      process.kill(ready.pid, 'SIGSTOP')
      try {
        const connected = Array.from({ length: 1_000 }, () => {
          const socket = connect(Number(port), '127.0.0.1')
          sockets.push(socket)
          return once(socket, 'connect')
        })
        await Promise.all(connected)
      } finally {
        process.kill(ready.pid, 'SIGCONT')
        for (const socket of sockets) socket.destroy()
      }
    },
  )

  test('A3: says which --cors a page would need that a browser only shows as not connected', async () => {
    await using data = await folder()
    const { server, ready } = await serve(['--data', data.path])
    await using _server = server
    const page = 'http://localhost:5173'
    for (let time = 0; time < 2; time += 1)
      expect((await fetch(`${ready.url}/v1/me`, { headers: { origin: page } })).status).toBe(403)
    server.kill('SIGTERM')
    const told = (await server.ended).stderr.split('\n').filter((line) => line.includes(page))
    expect(told).toEqual([
      `origin_not_allowed: Pages on ${page} may not use this server. If they should, start it with --cors ${page}.`,
    ])
  })

  test('prints one line with the link for people, and nothing else when it is to be quiet', async () => {
    await using data = await folder()
    await using server = start(['serve', '--port', '0', '--data', data.path, '--quiet'])
    await server.seen(/^Headrace is ready: http:\/\/127\.0\.0\.1:\d+\/#token=[\w.-]+\n/)
    server.kill('SIGINT')
    const { code, stdout, stderr } = await server.ended
    expect({
      code,
      lines: stdout.split('\n').length,
      stderr: stderr.replace(/The web page is missing.*\n/, ''),
    }).toEqual({ code: 0, lines: 2, stderr: '' })
  })

  test('L2: a damaged data directory is refused by name, and --accept-damage starts on what is left of it', async () => {
    await using data = await folder()
    const { server, ready } = await serve(['--data', data.path])
    const headers = { authorization: `Bearer ${ready.token}`, 'content-type': 'application/json' }
    for (const id of ['one', 'two']) {
      const made = await fetch(`${ready.url}/v1/sessions`, { method: 'POST', headers, body: JSON.stringify({ id }) })
      expect(made.status).toBe(201)
    }
    server.kill('SIGKILL')
    await server.ended
    const [name = ''] = readdirSync(path.join(data.path, 'data')).filter((file) => file.endsWith('.log'))
    const log = path.join(data.path, 'data', name)
    const bytes = readFileSync(log)
    bytes[100] = (bytes[100] ?? 0) ^ 1
    writeFileSync(log, bytes)

    const refused = await headrace(['serve', '--port', '0', '--data', data.path])
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/\.log is damaged at byte \d+.*--accept-damage/s),
    })
    const salvaged = await headrace(['salvage', '--data', data.path, '--to', path.join(data.path, 'new'), '--json'])
    expect(salvaged.code).toBe(1)
    expect(JSON.parse(salvaged.stdout)).toMatchObject({ damaged: [{ file: log }], mayBeOlder: true })
    const again = await serve(['--data', data.path, '--accept-damage'])
    await using _server = again.server
    expect((await fetch(`${again.ready.url}/readyz`)).status).toBe(200)
  })

  test('the link of before works after a restart', async () => {
    await using data = await folder()
    const first = await serve(['--data', data.path])
    await first.server[Symbol.asyncDispose]()
    const second = await serve(['--data', data.path])
    await using _server = second.server
    const me = await fetch(`${second.ready.url}/v1/me`, { headers: { authorization: `Bearer ${first.ready.token}` } })
    expect(me.status).toBe(200)
  })

  test('D14: streams are open without a token only when it is told so, only under the path, and only on loopback', async () => {
    await using data = await folder()
    const { server, ready } = await serve([
      '--data',
      data.path,
      '--durable-streams',
      'open:scratch',
      '--long-poll-timeout',
      '50',
    ])
    await using _server = server
    const put = async (path: string): Promise<number> =>
      (await fetch(`${ready.url}/v1/stream/${path}`, { method: 'PUT' })).status
    expect([await put('scratch/a'), await put('other')]).toEqual([201, 401])
    const waited = await fetch(`${ready.url}/v1/stream/scratch/a?offset=now&live=long-poll`)
    expect(waited.status).toBe(204)

    const args = ['serve', '--port', '0', '--data', path.join(data.path, 'none')]
    const wide = await headrace([...args, '--host', '0.0.0.0', '--auth-secret', secret, '--durable-streams', 'open'])
    expect([wide.code, wide.stderr]).toEqual([
      2,
      expect.stringContaining('is for a server on loopback only, not on 0.0.0.0'),
    ])
    const wrong = await headrace([...args, '--durable-streams', 'closed'])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('It is open, or open:<path>.')])
    expect(existsSync(path.join(data.path, 'none'))).toBe(false)
  })

  test('a port in use is named, with the fix', async () => {
    await using data = await folder()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    const directory = path.join(data.path, 'data')
    const ended = await headrace(['serve', '--port', String(port), '--data', directory])
    await new Promise((resolve) => other.close(resolve))
    expect(ended.code).toBe(3)
    expect(ended.stderr).toMatch(
      new RegExp(
        `^error: Port ${port} of 127\\.0\\.0\\.1 is in use\\. .* --port \\d+ \\(0 takes any free port\\)\\.\\n$`,
      ),
    )
    expect(ended.stdout).toBe('')
    expect(existsSync(directory)).toBe(false)
  })

  test('a second server on the same data is told who is first', async () => {
    await using data = await folder()
    const { server, ready } = await serve(['--data', data.path])
    await using _server = server
    const ended = await headrace(['serve', '--port', '0', '--data', data.path])
    expect(ended.code).toBe(3)
    expect(ended.stderr).toMatch(new RegExp(`Process ${ready.pid} holds the data directory .* with --data\\.`))
    expect(ended.stderr).toContain(`It serves ${ready.url}.`)
    const { port } = new URL(ready.url)
    const again = await headrace(['serve', '--port', port, '--data', data.path])
    expect(again).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`is in use by the server of ${data.path}, process ${ready.pid}.`),
    })
    expect(ended.stderr).not.toContain('    at ')
    expect((await fetch(`${ready.url}/readyz`)).status).toBe(200)
  })

  test('data of another version is refused and left alone', async () => {
    await using data = await folder()
    const file = path.join(data.path, 'headrace.json')
    writeFileSync(file, '{"format":99}\n')
    const ended = await headrace(['serve', '--port', '0', '--data', data.path])
    expect(ended.code).toBe(3)
    expect(ended.stderr).toMatch(/^error: .*format 99.*another directory\.\n$/)
    expect(readFileSync(file, 'utf8')).toBe('{"format":99}\n')
  })

  test('a folder with other files in it is not taken', async () => {
    await using data = await folder()
    writeFileSync(path.join(data.path, 'thesis.txt'), 'mine')
    const ended = await headrace(['serve', '--port', '0', '--data', data.path])
    expect(ended).toMatchObject({ code: 3, stderr: expect.stringContaining('an empty or a new directory') })
  })

  test.skipIf(process.platform !== 'linux')(
    'a folder in which none can be made is named, and nothing hangs',
    async () => {
      const { code, stderr } = await headrace(['serve', '--port', '0', '--data', '/proc/none/such'])
      expect(code).toBe(3)
      expect(stderr).toMatch(
        /^error: \/proc\/none\/such can't be the data directory: (?:a part of its path is missing|this user)/,
      )
    },
  )

  test('A2: without keys it binds to loopback only, and leaves nothing behind', async () => {
    await using parent = await folder()
    const data = path.join(parent.path, 'data')
    const ended = await headrace(['serve', '--host', '0.0.0.0', '--port', '0', '--data', data])
    expect(ended.code).toBe(3)
    expect(ended.stderr).toContain('Without configured keys the server binds to loopback only')
    expect(ended.stderr).toContain('--auth-secret')
    expect(existsSync(data)).toBe(false)
  })

  test('with a secret it binds to every address, prints no token, and warns of a secret in its arguments', async () => {
    await using data = await folder()
    const { server, ready } = await serve(['--host', '0.0.0.0', '--data', data.path, '--auth-secret', secret])
    await using _server = server
    expect(ready.token).toBeNull()
    expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect(server.stderr).toContain('warning: every user of this machine can read --auth-secret')
    expect(readFileSync(path.join(data.path, 'server.json'), 'utf8')).not.toContain('token')
  })

  test('a secret from a file or the environment needs no warning', async () => {
    await using data = await folder()
    const { server } = await serve(['--data', data.path], { env: { HEADRACE_AUTH_SECRET: secret } })
    expect(server.stderr).not.toContain('warning')
    await server[Symbol.asyncDispose]()
    await using place = await folder()
    const file = path.join(place.path, 'secret')
    writeFileSync(file, `${secret}\n`)
    const second = await serve(['--data', data.path, '--auth-secret-file', file])
    await using _server = second.server
    expect(second.server.stderr).not.toContain('warning')
    const made = await headrace(['token', '--sub', 'ada', '--auth-secret-file', file])
    const me = await fetch(`${second.ready.url}/v1/me`, { headers: { authorization: `Bearer ${made.stdout.trim()}` } })
    expect(await me.json()).toMatchObject({ actor: 'user:ada' })
  })

  test.each([
    [['--auth-secret', 'short'], 3, '32'],
    [['--auth-secret', secret, '--jwks', 'https://id.test/jwks'], 2, 'one of'],
    [['--jwks', 'https://id.test/jwks'], 2, '--issuer and --audience'],
    [['--issuer', 'x'], 2, 'need --jwks or a secret'],
    [['--auth-secret-file', '/nowhere/secret'], 2, 'openssl rand -base64 48 > /nowhere/secret)'],
    [['--host', 'no-such-host.invalid', '--auth-secret', secret], 3, 'could not be resolved'],
    [['--port', '70000'], 2, 'from 0 to 65535'],
    [['--prot', '1'], 2, '--port'],
    [['--cors', 'app.example.com'], 3, 'is not an origin'],
  ])('serve %j ends with %i and a sentence', async (args, code, text) => {
    await using data = await folder()
    const ended = await headrace([
      'serve',
      '--data',
      path.join(data.path, 'x'),
      ...(args.includes('--port') ? [] : ['--port', '0']),
      ...args,
    ])
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) })
    // What goes wrong because of it is not said.
    expect(ended.stderr).toMatch(/^(?:warning: .*\n)?error: /)
    expect(ended.stderr).not.toContain('    at ')
  })

  test('--verbose shows where', async () => {
    await using data = await folder()
    writeFileSync(path.join(data.path, 'headrace.json'), '{"format":99}\n')
    const ended = await headrace(['serve', '--port', '0', '--data', data.path, '--verbose'])
    expect(ended.stderr).toContain('    at ')
  })

  test('options come from the environment, where empty means not given and 0 means no', async () => {
    await using data = await folder()
    await using server = start(['serve'], {
      env: { HEADRACE_PORT: '0', HEADRACE_DATA: data.path, HEADRACE_HOST: '', HEADRACE_JSON: '0' },
    })
    const [line] = await server.seen(/^.*\n/)
    expect(line).toMatch(/^Headrace is ready: http:\/\/127\.0\.0\.1:/)
  })
})
