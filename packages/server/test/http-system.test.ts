import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { HeadraceError } from '@headrace/core'
import { createMetrics } from '../src/metrics.ts'
import { version } from '../src/version.ts'
import { openDoor } from './support/http.ts'
import { serve } from './support/serve.ts'

describe('probes', () => {
  test('healthz and readyz answer anybody, under any name', async () => {
    await using server = await openDoor()
    const bare = { token: null, headers: { Host: '10.0.0.7:4400' } }
    expect(await server.ask('GET /healthz', bare)).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await server.ask('GET /readyz', bare)).toMatchObject({ status: 200, body: { status: 'ready' } })
    expect(await server.ask('HEAD /readyz', bare)).toMatchObject({ status: 200, text: '' })
  })

  test('readyz says why there should be no traffic', async () => {
    let failure: HeadraceError | undefined = new HeadraceError('store_unavailable', 'The store does not answer.')
    await using server = await openDoor({
      ready: () => {
        if (failure) throw failure
      },
    })
    expect(await server.ask('GET /readyz')).toMatchObject({
      status: 503,
      body: { error: { code: 'store_unavailable' } },
    })
    failure = undefined
    expect((await server.ask('GET /readyz')).status).toBe(200)
    server.door.close()
    expect(await server.ask('GET /readyz')).toMatchObject({ status: 503, body: { error: { code: 'draining' } } })
    expect((await server.ask('GET /healthz')).status).toBe(200)
  })
})

describe('answers', () => {
  test('every answer names the version of the server and is kept by nobody', async () => {
    await using server = await openDoor()
    for (const line of [
      'GET /v1/me',
      'GET /v1/nothing',
      'PUT /v1/me',
      'OPTIONS /v1/me',
      'GET /healthz',
      'GET /metrics',
    ]) {
      expect((await server.ask(line)).headers).toMatchObject({
        'headrace-version': version,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
    }
  })

  test('the version is the one of the package', async () => {
    const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
    expect(manifest).toMatchObject({ version })
  })

  test('the same routes are served by createHeadrace', async () => {
    await using server = await serve()
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`${server.url}${path}`, {
        ...init,
        headers: { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' },
      })
    expect((await ask('/v1/sessions', { method: 'POST', body: '{"id":"a/b"}' })).status).toBe(201)
    expect(await (await ask('/v1/sessions/a%2Fb')).json()).toMatchObject({ id: 'a/b', seq: 1 })
    expect(await (await ask('/metrics')).text()).toContain('headrace_rooms 1')
  })
})

describe('metrics', () => {
  test('they count what happened', async () => {
    await using server = await openDoor()
    await server.ask('POST /v1/sessions', { json: { id: 's' } })
    await server.ask('POST /v1/sessions', { json: { id: 's' } })
    await server.ask('POST /v1/sessions/none/commands', { json: { body: { type: 'cancel', target: { all: true } } } })
    await server.ask('GET /v1/sessions/s/events')
    const reader = await server.stream('/v1/sessions/s/events?live=sse')
    await reader.event()
    const { status, headers, text } = await server.ask('GET /metrics')
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    })
    for (const line of [
      'headrace_events_appended_total 1',
      'headrace_commands_total{outcome="accepted"} 1',
      'headrace_commands_total{outcome="noop"} 1',
      'headrace_commands_total{outcome="refused"} 1',
      'headrace_refused_total{code="session_not_found"} 1',
      'headrace_events_delivered_total 2',
      'headrace_connections{door="sse"} 1',
      'headrace_connections{door="ws"} 0',
      'headrace_followers 1',
      'headrace_append_seconds_count 1',
      `headrace_build_info{version="${version}"} 1`,
      'headrace_http_request_seconds_count{method="POST",route="/v1/sessions",status="201"} 1',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    expect(text).toMatch(/headrace_event_loop_lag_seconds\{quantile="0.99"\} [\d.e-]+\n/)
    expect(text).toMatch(/process_cpu_seconds_total [\d.]+\n/)
    reader.close()
    await expect
      .poll(async () => (await server.ask('GET /metrics')).text)
      .toContain('headrace_connections{door="sse"} 0')
  })

  test('A3: what a caller makes up does not become a label', async () => {
    await using server = await openDoor()
    for (const path of ['/a', '/b', '/v1/sessions/x/y/z']) await server.ask(`GET ${path}`)
    await server.ask('PROPFIND /a')
    const { text } = await server.ask('GET /metrics')
    expect(text).toContain('route="none",status="404"} 3')
    expect(text).toContain('method="other",route="none"')
    expect(text).not.toContain('PROPFIND')
  })

  test('A1: through a proxy they need a token with admin on everything', async () => {
    await using server = await openDoor()
    const headers = { 'X-Forwarded-For': '203.0.113.7' }
    expect((await server.ask('GET /metrics', { token: null })).status).toBe(200)
    for (const one of [headers, { Forwarded: 'for=203.0.113.7' }, { 'X-Real-Ip': '203.0.113.7' }, { Via: '1.1 proxy' }])
      expect(await server.ask('GET /metrics', { token: null, headers: one })).toMatchObject({ status: 401 })
    const token = await server.mint({ cap: [{ s: 'a/**', op: ['admin'] }] })
    expect(await server.ask('GET /metrics', { token, headers })).toMatchObject({
      status: 403,
      body: { error: { detail: { verb: 'admin' } } },
    })
    expect((await server.ask('GET /metrics', { headers })).status).toBe(200)
  })

  test('two servers in a process count apart, and closing twice is harmless', async () => {
    const stats = () => ({ rooms: 0, followers: 0, workers: 0 })
    const [one, two] = [createMetrics({ stats }), createMetrics({ stats })]
    one.meter.appended(5, 1)
    expect((await one.expose()).text).toContain('headrace_events_appended_total 5')
    expect((await one.expose()).text).toContain('headrace_events_appended_total 5')
    expect((await two.expose()).text).toContain('headrace_events_appended_total 0')
    for (const metrics of [one, two, one]) metrics.close()
  })

  test('a histogram counts what is at most each of its bounds, for each of its labels', async () => {
    const metrics = createMetrics({ stats: () => ({ rooms: 0, followers: 0, workers: 0 }) })
    for (const ms of [0.5, 0.6, 1, 2_500, 9_000]) metrics.meter.appended(1, ms)
    for (const ms of [5, 31_000]) metrics.requested({ method: 'GET', route: '/v1/me', status: 200, ms })
    metrics.requested({ method: 'GET', route: '/v1/me', status: 401, ms: 1 })
    const lines = (await metrics.expose()).text.split('\n').filter((line) => line.startsWith('headrace_append_seconds'))
    expect(lines).toEqual([
      'headrace_append_seconds_bucket{le="0.0005"} 1',
      'headrace_append_seconds_bucket{le="0.001"} 3',
      ...[0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1].map(
        (le) => `headrace_append_seconds_bucket{le="${le}"} 3`,
      ),
      'headrace_append_seconds_bucket{le="2.5"} 4',
      'headrace_append_seconds_bucket{le="+Inf"} 5',
      'headrace_append_seconds_sum 11.5021',
      'headrace_append_seconds_count 5',
    ])
    metrics.requested({ method: 'GET', route: '/v1/me', status: 401, ms: 1 })
    const { text } = await metrics.expose()
    for (const line of [
      'bucket{le="0.005",method="GET",route="/v1/me",status="200"} 1',
      'bucket{le="30",method="GET",route="/v1/me",status="200"} 1',
      'bucket{le="+Inf",method="GET",route="/v1/me",status="200"} 2',
      'sum{method="GET",route="/v1/me",status="200"} 31.005',
      'count{method="GET",route="/v1/me",status="401"} 2',
    ])
      expect(text.split('\n')).toContain(`headrace_http_request_seconds_${line}`)
    metrics.close()
  })
})
