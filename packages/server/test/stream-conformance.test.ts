/**
 * The public conformance suite of the protocol, unchanged, against a server on the embedded store. Its tests have its
 * own names. It takes half a minute, nearly all of it waiting for lives to end and for polls to come back empty.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runConformanceTests } from '@durable-streams/server-conformance-tests'
import { afterAll, beforeAll, describe } from 'vitest'
import { openEmbeddedStore } from '../src/store/embedded.ts'
import { serve, type Served } from './support/serve.ts'

describe('D1: the Durable Streams conformance suite', () => {
  const target = { baseUrl: '', longPollTimeoutMs: 500, subscriptions: true }
  let server: Served
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'headrace-streams-'))
    server = await serve({
      store: await openEmbeddedStore({ directory }),
      durableStreams: { open: '', longPollTimeoutMs: target.longPollTimeoutMs },
      // What the suite asks for: a page of another origin, and webhooks that it receives itself.
      cors: ['https://example.com'],
      outgoing: { allowPrivate: ['127.0.0.1'] },
    })
    target.baseUrl = server.url
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })

  runConformanceTests(target)
})
