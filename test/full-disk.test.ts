import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ServerProcess } from './support/server.ts'

/** A file system of 16 MB, or why there is none. */
function smallDisk(): { readonly path: string; unmount(): void } | { readonly missing: string } {
  const path = mkdtempSync(join(tmpdir(), 'headrace-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', path], { stdio: 'pipe' })
  } catch (thrown) {
    rmdirSync(path)
    return {
      missing: `a 16 MB tmpfs can't be mounted here: ${thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown)}`,
    }
  }
  return {
    path,
    unmount() {
      execFileSync('umount', [path])
      rmdirSync(path)
    },
  }
}

test('L2: a full disk refuses writes clearly, loses nothing acknowledged, and writing resumes by itself', async (context) => {
  const disk = smallDisk()
  if ('missing' in disk) {
    if (process.env['CI']) throw new Error(disk.missing)
    return context.skip(disk.missing)
  }
  const filler = join(disk.path, 'filler')
  writeFileSync(filler, Buffer.alloc(3_000_000, 1))
  const server = new ServerProcess(join(disk.path, 'data'))
  try {
    await server.start()
    await server.fetch('/v1/sessions', { method: 'POST', body: JSON.stringify({ id: 'disk/1' }) })
    const acked: number[] = []
    let refusals = 0
    // Random text, so that compression can't make room.
    for (let index = 0; refusals < 3 && index < 5_000; index += 1) {
      const words = Buffer.from(Array.from({ length: 12_000 }, () => Math.floor(Math.random() * 256))).toString(
        'base64',
      )
      const body = JSON.stringify({ id: `p${index}`, body: { type: 'post', parts: [{ kind: 'text', text: words }] } })
      const response = await server.fetch('/v1/sessions/disk%2F1/commands', { method: 'POST', body })
      const answer = (await response.json()) as {
        outcome: string
        seq?: number
        error?: { code: string; message: string }
      } // Outcome
      if (answer.outcome === 'accepted') acked.push(answer.seq ?? 0)
      else {
        expect(answer.error?.code).toBe('store_full')
        expect(response.status).toBe(507)
        expect(answer.error?.message).toMatch(/space|full/)
        refusals += 1
      }
    }
    expect(refusals).toBe(3)
    expect(acked.length).toBeGreaterThan(50)
    // Reading goes on while the disk is full.
    const seqs = new Set((await server.log('disk/1')).map((event) => event.seq))
    expect(acked.filter((seq) => !seqs.has(seq))).toEqual([])
    rmSync(filler)
    // Space is back: the same server writes again, with no restart.
    let resumed = false
    while (!resumed) {
      const body = JSON.stringify({
        id: 'after',
        body: { type: 'post', parts: [{ kind: 'text', text: 'there is space again' }] },
      })
      resumed = (await server.fetch('/v1/sessions/disk%2F1/commands', { method: 'POST', body })).ok
    }
    await server.kill()
    await server.start()
    const log = await server.log('disk/1')
    expect(log.map((event) => event.seq)).toEqual(log.map((_, index) => index + 1))
    const after = new Set(log.map((event) => event.seq))
    expect(acked.filter((seq) => !after.has(seq))).toEqual([])
    expect(log.filter((event) => event.cmd === 'after')).toHaveLength(1)
    expect(statSync(disk.path).isDirectory()).toBe(true)
  } finally {
    await server.kill()
    disk.unmount()
  }
})
