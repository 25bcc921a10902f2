import { durableStreamsFile, durableStreamsMemory } from '../systems/durable-streams.ts'
import { ChunkFold, chunks } from './chunks.ts'
import { slices, type Shape } from './transcript.ts'
import { nameOf, type Joinable, type Joined } from './way.ts'
import type { System } from '../tokens/system.ts'

export const joinDurableStreamsMemory: Joinable = joinable(durableStreamsMemory)
export const joinDurableStreamsFile: Joinable = joinable(durableStreamsFile)

function joinable(system: System): Joinable {
  return { system, fill, ways: [{ name: `${system.name}, from offset -1`, join }] }
}

async function fill(address: string, shape: Shape): Promise<void> {
  const url = `${address}/v1/stream/${nameOf(shape)}`
  const headers = { 'content-type': 'application/json' }
  await expectOk(await fetch(url, { method: 'PUT', headers }))
  for (const batch of slices(chunks(shape), 500)) {
    await expectOk(await fetch(url, { method: 'POST', headers, body: `[${batch.join(',')}]` }))
  }
}

async function join(address: string, shape: Shape): Promise<Joined> {
  const url = `${address}/v1/stream/${nameOf(shape)}`
  const fold = new ChunkFold()
  let bytes = 0
  for (let offset = '-1'; ;) {
    // Nothing else is compressed here either.
    const response = await expectOk(
      await fetch(`${url}?offset=${offset}`, { headers: { 'accept-encoding': 'identity' } }),
    )
    const text = await response.text()
    bytes += text.length
    for (const chunk of JSON.parse(text) as Parameters<ChunkFold['add']>[0][]) fold.add(chunk)
    if (response.headers.get('stream-up-to-date') === 'true') return { bytes, ...fold.shown }
    offset = response.headers.get('stream-next-offset') ?? ''
  }
}

async function expectOk(response: Response): Promise<Response> {
  if (!response.ok) throw new Error(`${response.url} was answered with ${response.status}.`)
  return response
}
