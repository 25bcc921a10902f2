import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Shares of packets that are lost on the way to the server, and on the way from it: 0 none, 1 all. */
export interface Loss {
  readonly there: number
  readonly back: number
}

/** A network namespace with a wire to it that loses packets. */
export interface LossyLink extends AsyncDisposable {
  /** What a server runs under to be at its far end. */
  readonly inside: readonly string[]
  /** Address of the far end. */
  readonly host: string
  lose(loss: Loss): Promise<void>
  counts(): Promise<LinkCounts>
}

export interface LinkCounts {
  /** Packets that were lost so far, both ways. */
  readonly lost: number
  /** Packets that the far end had to send again. */
  readonly sentAgain: number
}

const nothing: Loss = { there: 0, back: 0 }
let made = 0
const standing = new Set<{ readonly space: string; readonly near: string }>()

process.on('exit', () => {
  for (const { space, near } of standing)
    for (const args of [
      ['link', 'delete', near],
      ['netns', 'delete', space],
    ])
      spawnSync('ip', args)
})

/** Nothing is lost at first. */
export async function createLossyLink(): Promise<LossyLink> {
  const number = (made += 1)
  const space = `headrace-${process.pid}-${number}`
  // A name of an interface has 15 characters at most.
  const near = `hr${process.pid}n${number}`
  const far = `hr${process.pid}f${number}`
  const [ours, host] = addresses(number)
  const wire = { space, near }
  const inside = ['ip', 'netns', 'exec', space]
  await execute('ip', ['netns', 'add', space])
  await execute('ip', ['link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space])
  standing.add(wire)
  const ends = [
    { name: near, address: ours, within: [] },
    { name: far, address: host, within: inside },
  ]
  try {
    for (const { name, address, within } of ends) {
      await run([...within, 'ip', 'address', 'add', `${address}/30`, 'dev', name])
      // One packet at a time: a kernel would hand over dozens as one, and lose them together.
      await run([...within, 'ip', 'link', 'set', name, 'gso_max_segs', '1', 'up'])
      await run([...within, 'tc', 'qdisc', 'add', 'dev', name, 'clsact'])
    }
    await run([...inside, 'ip', 'link', 'set', 'lo', 'up'])
    await lose(nothing)
  } catch (thrown) {
    await close()
    throw thrown
  }
  return { inside, host, lose, counts, [Symbol.asyncDispose]: close }

  async function lose({ there, back }: Loss): Promise<void> {
    await Promise.all([dropAt([], near, back), dropAt(inside, far, there)])
  }

  async function counts(): Promise<LinkCounts> {
    const [back, there, sentAgain] = await Promise.all([
      droppedAt([], near),
      droppedAt(inside, far),
      retransmitted(inside),
    ])
    return { lost: back + there, sentAgain }
  }

  async function close(): Promise<void> {
    if (!standing.delete(wire)) return
    // Both ends go with one; the space goes with the last process in it.
    await execute('ip', ['link', 'delete', near])
    await execute('ip', ['netns', 'delete', space])
  }
}

/** Two of a net of their own, in the range that is kept for testing networks (198.18.0.0/15). */
function addresses(number: number): readonly [string, string] {
  const net = ((process.pid * 8 + number) % 32_768) * 4
  const address = (host: number): string => `198.${18 + (net >> 16)}.${(net >> 8) & 255}.${(net & 255) + host}`
  return [address(1), address(2)]
}

/** Drops this share of what comes in at an interface. */
async function dropAt(within: readonly string[], name: string, share: number): Promise<void> {
  const filter = ['pref', '1', 'handle', '1', 'bpf', 'direct-action', 'bytecode', dropping(share)]
  await run([...within, 'tc', 'filter', 'replace', 'dev', name, 'ingress', ...filter])
}

/**
 * A filter of classic BPF: loads a random number of 32 bits; drops the packet (2: TC_ACT_SHOT) unless it is greater than the share
 * of all such numbers; otherwise lets it pass (0: TC_ACT_OK). The load is one of the extensions that stand at negative offsets.
 */
function dropping(share: number): string {
  const random = 0x1_0000_0000 - 0x1000 + 56
  const most = Math.floor(share * 0xffff_ffff)
  const program = share === 0 ? ['6 0 0 0'] : [`32 0 0 ${random}`, `37 1 0 ${most}`, '6 0 0 2', '6 0 0 0']
  return [program.length, ...program].join(',')
}

async function droppedAt(within: readonly string[], name: string): Promise<number> {
  const text = await run([...within, 'tc', '-s', '-j', 'qdisc', 'show', 'dev', name])
  const disciplines = JSON.parse(text) as readonly { readonly kind: string; readonly drops: number }[] // tc(8)
  return disciplines.find(({ kind }) => kind === 'clsact')?.drops ?? 0
}

async function retransmitted(within: readonly string[]): Promise<number> {
  const text = await run([...within, 'cat', '/proc/net/snmp'])
  const [names = [], values = []] = text
    .split('\n')
    .flatMap((line) => (line.startsWith('Tcp:') ? [line.split(' ')] : []))
  return Number(values[names.indexOf('RetransSegs')] ?? 0)
}

async function run([file = '', ...args]: readonly string[]): Promise<string> {
  return (await execute(file, args)).stdout
}

/** Why no such link can be made here; `undefined` when one can. */
export async function missingLinks(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a network namespace needs root'
  try {
    const link = await createLossyLink()
    await link[Symbol.asyncDispose]()
    return undefined
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message.trim() : String(thrown)
    return `no network namespace with a filter can be made: ${text}`
  }
}
