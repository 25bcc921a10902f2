import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FaultKind, RoundOptions } from '../fault-kind.ts'
import type { Fault, Journals } from '../journals.ts'
import { createDiskImage, missingDisks } from '../lib/disk-image.ts'
import { startLoad, type LoadOptions } from '../lib/load.ts'
import { mount, unmount } from '../lib/mounts.ts'
import { Stuck } from '../lib/progress.ts'
import { between } from '../lib/random.ts'
import { createServerProcess, type ServerOptions } from '../lib/server-process.ts'
import { injecting, missingTracing } from '../lib/tracing.ts'

/**
 * One call in so many fails, of each thread: often enough to hit also what a server does about a call that failed. A server that
 * opens its log again writes it to a table in pieces of 64 KiB, so more writes must go well in between than that takes: with one
 * in seven no log of half a megabyte could ever be opened.
 */
const failing = { fdatasync: 7, write: 211 } as const
/** Of the faults of a round, those that are full disks, and those that are failing writes; the others are failing syncs. */
const fullShare = 0.2
const writeShare = 0.2
/** LevelDB numbers its files; no round gets so far. */
const mostFiles = 999
const fullDiskBytes = '24m'

/**
 * Syncs and writes that fail, and disks that are full. Nothing may be acknowledged that did not reach the disk, which a power cut at
 * the end shows; and when the disk works again, so does the server, without a restart.
 */
export const disk: FaultKind = {
  name: 'disk',
  perRound: 50,
  short: 50,
  long: { faults: 500 },
  missing: async () => (await missingDisks()) ?? missingTracing(),
  async run(options) {
    const full = Math.round(options.faults * fullShare)
    const writes = Math.round(options.faults * writeShare)
    const syncs = options.faults - full - writes
    const [failedSyncs, failedWrites, fullDisks] = await Promise.all([
      failCalls({ ...options, faults: syncs, name: `${options.name}-sync` }, 'fdatasync'),
      failCalls({ ...options, faults: writes, name: `${options.name}-write` }, 'write'),
      fillDisk({ ...options, faults: full, name: `${options.name}-full` }),
    ])
    return {
      journals: [failedSyncs, failedWrites, fullDisks],
      notes: {
        'failed syncs': failedSyncs.faults.length,
        'failed writes': failedWrites.faults.length,
        'full disks': fullDisks.faults.length,
      },
    }
  },
}

async function failCalls(
  { faults: times, isOver, directory, name, patienceMs, random, mutant }: RoundOptions,
  call: 'fdatasync' | 'write',
): Promise<Journals> {
  const kind = call === 'write' ? 'failed write' : 'failed sync'
  const own = path.join(directory, name)
  await mkdir(own)
  const log = path.join(own, 'calls')
  let image = await createDiskImage(own)
  try {
    const data = path.join(image.mounted, 'data')
    const options: ServerOptions = {
      data,
      // The first ones belong to the start. Sockets are written to as well, and they are another kind's.
      under: injecting([call], `error=EIO:when=${failing[call]}+${failing[call]}`, {
        log,
        ...(call === 'write' && { files: storedFiles(path.join(data, 'data')) }),
      }),
      ...(mutant && { mutant }),
    }
    await using server = createServerProcess(options)
    await server.start()
    const load = await startLoad({ server, ...loadOf({ name, patienceMs, random }) })
    try {
      const faults: Fault[] = []
      try {
        while (faults.length < times && !isOver()) {
          const began = performance.now()
          await load.acks.reach(load.acks.count + 1, patienceMs)
          const injected = (await readFile(log, 'utf8')).split('(INJECTED)').length - 1
          while (faults.length < injected) faults.push({ kind, recoveryMs: performance.now() - began })
          await pause(5)
        }
      } catch (thrown) {
        if (!(thrown instanceof Stuck)) throw thrown
        load.hung(thrown)
        faults.push({ kind })
      }
      // What the kernel never wrote is gone now: whatever was acknowledged after a failed sync must have been written again.
      await server.freeze()
      const replace = await image.copy()
      await server.kill()
      image = await replace()
      await using healthy = createServerProcess({ data: path.join(image.mounted, 'data'), port: server.port })
      await healthy.start()
      try {
        return await load.finish(faults, healthy)
      } finally {
        await load.close()
      }
    } finally {
      await load.close()
    }
  } finally {
    await image[Symbol.asyncDispose]()
  }
}

/** What LevelDB writes: logs and tables. */
function storedFiles(directory: string): readonly string[] {
  return Array.from({ length: mostFiles }, (_, index) =>
    path.join(directory, String(index + 1).padStart(6, '0')),
  ).flatMap((file) => [`${file}.log`, `${file}.ldb`])
}

async function fillDisk({
  faults: times,
  isOver,
  directory,
  name,
  patienceMs,
  random,
  mutant,
}: RoundOptions): Promise<Journals> {
  const mounted = path.join(directory, name)
  await mount(['-t', 'tmpfs', '-o', `size=${fullDiskBytes}`, 'tmpfs'], mounted)
  try {
    await using server = createServerProcess({ data: path.join(mounted, 'data'), ...(mutant && { mutant }) })
    await server.start()
    const load = await startLoad({ server, ...loadOf({ name, patienceMs, random }), fill: 4_000, agents: false })
    try {
      const faults: Fault[] = []
      for (let time = 0; time < times && !isOver(); time += 1) {
        await load.acks.reach(load.acks.count + between(random, 1, 40), patienceMs)
        const filler = path.join(mounted, 'filler')
        // The server takes some of it meanwhile, so there may be less by then.
        await fillUp(filler).catch(() => undefined)
        await load.full.reach(load.full.count + 1, patienceMs)
        await rm(filler)
        const began = performance.now()
        await load.acks.reach(load.acks.count + 1, patienceMs)
        faults.push({ kind: 'full disk', recoveryMs: performance.now() - began })
      }
      return await load.finish(faults)
    } finally {
      await load.close()
    }
  } finally {
    await unmount(mounted)
  }
}

function loadOf(options: Pick<RoundOptions, 'name' | 'patienceMs' | 'random'>): Omit<LoadOptions, 'server'> {
  return { ...options, sessions: 8, readers: { client: 1, wire: 1 }, agents: true, paceMs: 20 }
}

/** Takes all the space that is left, and gives back none of it. */
async function fillUp(file: string): Promise<void> {
  const { bavail, bsize } = await statfs(path.dirname(file))
  await writeFile(file, Buffer.alloc(bavail * bsize))
}
