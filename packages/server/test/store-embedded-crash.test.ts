import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { seeded } from '@headrace/testing'
import { expect, test } from 'vitest'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { addAcknowledged, checkStore } from './store-child-check.ts'
import { makeTempDirectory, storeChild } from './store-fixture.ts'

/** Overnight runs ask for more. */
const kills = Number(process.env['HEADRACE_KILLS'] ?? 25)

test(
  `L2 kill -9 at ${kills} random moments loses nothing acknowledged and tears no batch`,
  { timeout: 180_000 + kills * 20_000 },
  async () => {
    const seed = Number(process.env['HEADRACE_SEED'] ?? Date.now() % 1_000_000)
    console.log(`HEADRACE_SEED=${seed}`)
    const random = seeded(seed)
    await using temp = await makeTempDirectory()
    const acknowledged = new Map<string, number>()
    let acks = 0

    for (let kill = 0; kill < kills; kill += 1) {
      // Every fifth dies while it opens, in recovery from the kill before.
      const killAfter = kill % 5 === 4 ? 0 : 1 + Math.floor(random() * 3_000)
      acks += addAcknowledged(acknowledged, await runUntilKilled(temp.path, seed + kill, killAfter))
      if (kill % 5 === 3) continue
      const store = await openEmbeddedStore({ directory: temp.path, reserveBytes: 0 })
      try {
        await checkStore(store, acknowledged)
      } finally {
        await store.close()
      }
    }
    console.log(`${kills} kills, ${acks} acknowledged appends, 0 lost`)
    expect(acks).toBeGreaterThan(1_000)
  },
)

/** The lines that the child printed before it was killed, after `killAfter` acknowledgements or while it opens. */
async function runUntilKilled(directory: string, seed: number, killAfter: number): Promise<string[]> {
  const [command, ...args] = storeChild({ directory, seed })
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines: string[] = []
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      // What it has printed by then still comes: all of it was acknowledged.
      if (lines.length === (killAfter === 0 ? 1 : killAfter + 2)) child.kill('SIGKILL')
    }
  } finally {
    child.kill('SIGKILL')
    await exited
  }
  return lines
}
