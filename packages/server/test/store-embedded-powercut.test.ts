/**
 * Pulls the plug: the store is on a file system in a file, and at a random moment that file is copied while the process
 * stands still. The copy holds what reached the disk and nothing of what the kernel still had in memory.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { seeded } from '@headrace/testing'
import { expect, test, type TestContext } from 'vitest'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { addAcknowledged, checkStore } from './store-child-check.ts'
import { makeTempDirectory, nextLine, storeChild, storeChildOnce } from './store-fixture.ts'

const run = promisify(execFile)
/** Overnight runs ask for more. */
const cuts = Number(process.env['HEADRACE_POWER_CUTS'] ?? 6)

async function mountImage(context: TestContext, image: string, directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true })
    await run('mount', ['-o', 'loop', image, directory])
  } catch (thrown) {
    skip(context, "can't mount a file system from a file", thrown)
  }
}

function skip(context: TestContext, reason: string, cause: unknown): never {
  if (process.env['CI'] !== undefined) throw new Error(reason, { cause })
  return context.skip(`${reason}: ${String(cause).trim()}`)
}

test(
  `L2 ${cuts} power cuts lose nothing acknowledged and tear no batch`,
  { timeout: 180_000 + cuts * 40_000 },
  async (context) => {
    const seed = Number(process.env['HEADRACE_SEED'] ?? Date.now() % 1_000_000)
    console.log(`HEADRACE_SEED=${seed}`)
    const random = seeded(seed)
    await using temp = await makeTempDirectory()
    const acknowledged = new Map<string, number>()
    let acks = 0
    let image = path.join(temp.path, 'disk-0')
    await run('truncate', ['-s', '256M', image])
    await run('mkfs.ext4', ['-q', image])

    for (let cut = 1; cut <= cuts; cut += 1) {
      const mounted = path.join(temp.path, `mounted-${cut}`)
      await mountImage(context, image, mounted)
      const copy = path.join(temp.path, `disk-${cut}`)
      try {
        const [command, ...args] = storeChild({ directory: path.join(mounted, 'data'), seed: seed + cut })
        const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
        const exited = once(child, 'exit')
        const lines: string[] = []
        try {
          const cutAfter = 200 + Math.floor(random() * 3_000)
          for await (const line of createInterface({ input: child.stdout })) {
            lines.push(line)
            if (lines.length !== cutAfter) continue
            child.kill('SIGSTOP')
            await run('cp', ['--sparse=always', image, copy])
            child.kill('SIGKILL')
          }
        } finally {
          child.kill('SIGKILL')
          await exited
        }
        acks += addAcknowledged(acknowledged, lines)
      } finally {
        await run('umount', [mounted])
        await rm(image)
      }
      image = copy

      // The file system recovers from its journal, and the store from its log.
      const recovered = path.join(temp.path, `recovered-${cut}`)
      await mountImage(context, image, recovered)
      try {
        const store = await openEmbeddedStore({ directory: path.join(recovered, 'data'), reserveBytes: 0 })
        try {
          await checkStore(store, acknowledged)
        } finally {
          await store.close()
        }
      } finally {
        await run('umount', [recovered])
      }
    }
    console.log(`${cuts} power cuts, ${acks} acknowledged appends, 0 lost`)
    expect(acks).toBeGreaterThan(cuts * 100)
  },
)

test('L2 a power cut right after a failed sync loses nothing that was acknowledged then', async (context) => {
  await using temp = await makeTempDirectory()
  const image = path.join(temp.path, 'disk')
  const copy = path.join(temp.path, 'copy')
  await run('truncate', ['-s', '256M', image])
  await run('mkfs.ext4', ['-q', image])
  const mounted = path.join(temp.path, 'mounted')
  await mountImage(context, image, mounted)
  try {
    const directory = path.join(mounted, 'data')
    const calls = path.join(temp.path, 'calls')
    // No sync of the database's first log is carried out: what is written there stays in the kernel's memory.
    const firstLog = path.join(directory, 'data', '000003.log')
    const failing = ['-f', '-qq', '-o', calls, '-P', firstLog, '-e', 'inject=fdatasync:error=EIO']
    const child = spawn('strace', [...failing, ...storeChildOnce(directory)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'close').catch((thrown: unknown) => skip(context, "can't run strace", thrown))
    const said = await nextLine(child.stdout, (line) => line.startsWith('acknowledged')).catch(() => ended)
    await run('cp', ['--sparse=always', image, copy])
    process.kill(Number(String(said).split(' ').at(-1)), 'SIGKILL')
    await ended
    expect(await readFile(calls, 'utf8')).toContain('(INJECTED)')
  } finally {
    await run('umount', [mounted])
  }

  const recovered = path.join(temp.path, 'recovered')
  await mountImage(context, copy, recovered)
  try {
    const store = await openEmbeddedStore({ directory: path.join(recovered, 'data'), reserveBytes: 0 })
    try {
      expect(await store.head('acme!once')).toBe(1)
    } finally {
      await store.close()
    }
  } finally {
    await run('umount', [recovered])
  }
})
