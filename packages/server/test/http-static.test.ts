import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createStaticFiles } from '../src/door/static.ts'
import { openDoor } from './support/http.ts'

const page = '<!doctype html><script type="module" src="/assets/app-1a2b.js"></script>'

async function folder() {
  const root = await mkdtemp(path.join(tmpdir(), 'headrace-console-'))
  const directory = path.join(root, 'console')
  await mkdir(path.join(directory, 'assets'), { recursive: true })
  await writeFile(path.join(directory, 'index.html'), page)
  await writeFile(path.join(directory, 'assets', 'app-1a2b.js'), 'export {}\n'.repeat(500))
  await writeFile(path.join(directory, '.env'), 'SECRET=1')
  await writeFile(path.join(root, 'outside.txt'), 'SECRET=2')
  await symlink(path.join(root, 'outside.txt'), path.join(directory, 'link.txt'))
  await mkdir(path.join(root, 'others'))
  await writeFile(path.join(root, 'others', 'note.txt'), 'SECRET=3')
  await symlink(path.join(root, 'others'), path.join(directory, 'others'))
  for (const hidden of ['.git', 'assets/.cache']) {
    await mkdir(path.join(directory, hidden))
    await writeFile(path.join(directory, hidden, 'note.txt'), 'SECRET=4')
  }
  return { directory, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
}

const browser = { token: null, headers: { Accept: 'text/html,*/*' } }

describe('the console', () => {
  test('A3: its pages can run, load and send nothing but their own, and be framed by nobody', async () => {
    await using place = await folder()
    await using server = await openDoor({ consoleDirectory: place.directory })
    const { status, headers, text } = await server.ask('GET /', browser)
    expect({ status, text }).toEqual({ status: 200, text: page })
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'headrace-version': expect.any(String),
    })
    const policy = headers['content-security-policy']
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]) {
      expect(policy).toContain(rule)
    }
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
  })

  test('files with a hash in their name are kept for ever, the page is asked for again', async () => {
    await using place = await folder()
    await using server = await openDoor({ consoleDirectory: place.directory })
    const script = await server.ask('GET /assets/app-1a2b.js', browser)
    expect(script).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
      },
    })
    const { headers } = await server.ask('GET /', browser)
    const again = await server.ask('GET /', { token: null, headers: { 'If-None-Match': headers['etag']! } })
    expect(again).toMatchObject({ status: 304, text: '' })
  })

  test('text is compressed for those who ask', async () => {
    await using place = await folder()
    await using server = await openDoor({ consoleDirectory: place.directory })
    const response = await fetch(`http://127.0.0.1:${server.port}/assets/app-1a2b.js`, {
      headers: { 'Accept-Encoding': 'gzip' },
    })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(await response.text()).toBe('export {}\n'.repeat(500))
    const reply = await createStaticFiles(place.directory).serve(
      { method: 'GET', headers: { 'accept-encoding': 'br, gzip' } },
      '/index.html',
    )
    expect(gunzipSync(reply!.body as Buffer).toString()).toBe(page) // compressed is never a string
  })

  test('addresses that only the page understands get the page; data and files do not', async () => {
    await using place = await folder()
    await using server = await openDoor({ consoleDirectory: place.directory })
    expect(await server.ask('GET /sessions/team-a%2F1?x=1', browser)).toMatchObject({ status: 200, text: page })
    expect(await server.ask('HEAD /sessions/1', browser)).toMatchObject({
      status: 200,
      text: '',
      headers: { 'content-length': String(page.length) },
    })
    for (const line of ['GET /assets/gone.js', 'GET /v1/nothing', 'POST /sessions/1', 'GET /favicon.ico']) {
      expect(await server.ask(line, browser)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
    }
    expect((await server.ask('GET /sessions/1', { token: null, headers: { Accept: 'application/json' } })).status).toBe(
      404,
    )
  })

  test('A3: nothing outside of the folder, hidden, or behind a link is served', async () => {
    await using place = await folder()
    await using server = await openDoor({ consoleDirectory: place.directory })
    const paths = [
      '/../outside.txt',
      '/%2e%2e/outside.txt',
      '/..%2foutside.txt',
      '/.env',
      '/link.txt',
      '/assets/../../outside.txt',
      '//etc/passwd',
      '/%00',
      '/%zz',
      '/__proto__',
      '/others/note.txt',
      '/.git/note.txt',
      '/assets/.cache/note.txt',
    ]
    for (const where of paths) expect((await server.ask(`GET ${where}`, browser)).text).not.toContain('SECRET')
    expect((await server.ask('GET /.env', browser)).status).toBe(404)
    expect((await server.ask('GET /link.txt', browser)).status).toBe(404)
    expect((await server.ask('GET /sessions/1', { token: null })).status).toBe(404)
    expect(server.errors).toEqual([])
  })

  test('a file that is deleted under a running server is still served', async () => {
    await using place = await folder()
    await using server = await openDoor({ consoleDirectory: place.directory })
    await rm(path.join(place.directory, 'index.html'))
    expect((await server.ask('GET /', browser)).status).toBe(200)
  })

  test('without a console the root says what there is', async () => {
    await using server = await openDoor()
    expect(await server.ask('GET /', browser)).toMatchObject({
      status: 404,
      body: {
        error: {
          code: 'not_found',
          message: expect.stringContaining('GET /v1/openapi.json says what there is'),
          detail: { routes: expect.arrayContaining(['GET /v1/sessions']) },
        },
      },
    })
  })

  test('a folder that is not there, or has no page, is refused at the start', async () => {
    await using place = await folder()
    expect(() => createStaticFiles(path.join(place.directory, 'none'))).toThrow(/can't be served as a console: ENOENT/)
    expect(() => createStaticFiles(path.join(place.directory, 'assets'))).toThrow(/has no index.html/)
  })
})
