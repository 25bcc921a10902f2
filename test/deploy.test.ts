/** docs/deploy.md as it stands: its unit's command behind its nginx. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { connect } from '@headrace/client'
import { createSecretAuth } from '@headrace/server'
import { expect, test } from 'vitest'
import { freePort } from './support/free-port.ts'
import { ServerProcess } from './support/server.ts'

const secret = 'a secret of more than thirty-two bytes, for tests'
const host = 'chat.example.com'
const page = await readFile(join(import.meta.dirname, '../docs/deploy.md'), 'utf8')
const missing = spawnSync('nginx', ['-v']).error && 'nginx is not installed'
if (missing && process.env['CI'] !== undefined) throw new Error(missing)

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1]
  if (found === undefined) throw new Error(`docs/deploy.md has no block of ${language}`)
  return found
}

/** The options of the unit, with the secret that is in a file here, and without what every start of a test says. */
function unitOptions(secretFile: string): readonly string[] {
  const command = /^ExecStart=\S+ serve (.*)$/m.exec(block('ini'))?.[1] ?? ''
  const [, data, ...options] = command.split(' ')
  expect(data).toBe('/var/lib/headrace/data')
  return options.map((option) => (option === '/etc/headrace/secret' ? secretFile : option))
}

class Proxy implements AsyncDisposable {
  readonly url: string
  readonly #file: string
  #child: ChildProcess | undefined

  constructor(file: string, port: number) {
    this.#file = file
    this.url = `http://127.0.0.1:${port}`
  }

  async start(): Promise<void> {
    const child = spawn('nginx', ['-c', this.#file], { stdio: ['ignore', 'ignore', 'inherit'] })
    this.#child = child
    const answers = (): Promise<boolean> =>
      fetch(this.url).then(
        () => true,
        () => false,
      )
    await expect.poll(answers).toBe(true)
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** What a request for a host is answered with. */
async function statusFor(url: string, name: string): Promise<number | undefined> {
  const asked = get(`${url}/v1/openapi.json`, { headers: { host: name } })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage] // that is what the event brings
  answer.resume()
  return answer.statusCode
}

/** The configuration of the guide, with a port of ours and without TLS. */
function configuration(folder: string, port: number, upstream: number): string {
  const body = block('nginx')
    .replace('listen 443 ssl backlog', `listen 127.0.0.1:${port} backlog`)
    .replaceAll(/^ *ssl_certificate.*\n/gm, '')
    .replace('127.0.0.1:4400', `127.0.0.1:${upstream}`)
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  return `daemon off; pid ${folder}/nginx.pid; error_log stderr crit; worker_processes 1;
events {}
http { access_log off; ${temp.join(' ')}
${body}
}`
}

test.skipIf(missing !== undefined)(
  `docs/deploy.md: what is told to nginx passes everything on${missing ? `: ${missing}` : ''}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-deploy-'))
    try {
      const secretFile = join(folder, 'secret')
      await writeFile(secretFile, secret, { mode: 0o400 })
      await using server = await ServerProcess.start(unitOptions(secretFile))
      const port = await freePort()
      await writeFile(join(folder, 'nginx.conf'), configuration(folder, port, server.port))
      await using proxy = new Proxy(join(folder, 'nginx.conf'), port)
      await proxy.start()
      const cap = [{ s: '**', op: ['read', 'post', 'send'] as const }]
      const token = await createSecretAuth(secret).mint({ sub: 'ada', cap }, 600)
      const headers = { authorization: `Bearer ${token}` }
      const at = (path: string): string => `${proxy.url}/v1/sessions/deploy%2F1/${path}`

      // The name that is asked for reaches the server, which answers for this one only.
      expect(await statusFor(proxy.url, host)).toBe(200)
      expect(await statusFor(proxy.url, 'evil.example.com')).toBe(403)

      // A connection; it heals when the proxy is started again.
      const client = connect({ url: proxy.url, token, backoff: { minMs: 10, maxMs: 100 } })
      const session = client.session('deploy/1')
      await session.create()
      await session.post('one')
      await session.until(({ messages }) => messages.length === 1)
      await proxy.stop()
      const two = session.post('two')
      await proxy.start()
      await two
      await session.until(({ messages }) => messages.length === 2)

      // A stream whose events come when they happen, and not when it ends.
      const stream = await fetch(at('events?live=sse&after=0'), { headers })
      const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
      const reaches = async (text: string): Promise<void> => {
        for (let seen = ''; !seen.includes(text);) seen += (await reader?.read())?.value ?? ''
      }
      await reaches('"two"')
      await session.post('three')
      await reaches('"three"')
      await reader?.cancel()

      // As much as the server takes.
      const blob = await fetch(at('blobs'), { method: 'PUT', body: new Uint8Array(5_000_000), headers })
      expect(blob.status).toBe(201)

      // What this machine may see is not for everybody who comes through the proxy.
      expect((await fetch(`${server.url}/metrics`)).status).toBe(200)
      expect((await fetch(`${proxy.url}/metrics`)).status).toBe(401)
      await client.close()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)
