/** What goes wrong. */
import type { Move } from '../move.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'
import { storeTrouble } from './store-trouble.ts'

type Side = 'client' | 'server'

const sides: readonly (readonly Side[])[] = [['client', 'server'], ['client'], ['server']]

function linkOf(world: World, random: Random): ReturnType<typeof live>[number] | undefined {
  return random.pick(live(world))
}

function live(world: World): World['links'] extends Set<infer T> ? T[] : never {
  return [...world.links].filter((link) => !link.isGone)
}

export const faultMoves: readonly Move[] = [
  {
    name: 'cut',
    share: 8,
    fault: 'cut',
    act(world, random) {
      const link = linkOf(world, random)
      if (!link) return undefined
      const tells = random.pick(sides) ?? []
      link.cut({ tells })
      return `the connection of ${link.client.host.name} is cut, ${tells.join(' and ')} ${tells.length > 1 ? 'notice' : 'notices'}`
    },
  },
  {
    name: 'silence',
    share: 4,
    fault: 'silence',
    act(world, random) {
      const link = linkOf(world, random)
      if (!link) return undefined
      link.cut({ tells: [] })
      return `the connection of ${link.client.host.name} falls silent, nobody notices`
    },
  },
  {
    name: 'stall',
    share: 6,
    fault: 'stall',
    act(world, random) {
      const link = linkOf(world, random)
      if (!link) return undefined
      const ways = random.pick(sides) ?? []
      const ms = random.pick([100, 1_000, 8_000, 40_000]) ?? 100
      for (const way of ways) link.stall(way)
      world.loop.after(ms, () => link.heal())
      return `nothing reaches ${ways.join(' and ')} on the connection of ${link.client.host.name} for ${ms} ms`
    },
  },
  {
    name: 'offline',
    share: 4,
    fault: 'offline',
    act(world, random) {
      const device = random.pick(world.devices.filter((other) => !other.isClosed))
      if (!device) return undefined
      const ms = random.pick([10, 2_000, 15_000]) ?? 10
      device.client.setOnline(false)
      world.loop.after(ms, () => device.client.setOnline(true))
      return `${device.name} is offline for ${ms} ms`
    },
  },
  {
    name: 'crash',
    share: 4,
    fault: 'crash',
    act(world, random) {
      const server = random.pick(world.servers.filter((other) => other.process))
      if (!server) return undefined
      const tells = random.chance(0.7)
      const ms = random.pick([0, 100, 3_000]) ?? 0
      server.crash(tells)
      world.loop.after(ms, () => server.start())
      return `${server.name} crashes${tells ? '' : ' silently'} and starts again after ${ms} ms`
    },
  },
  {
    name: 'restart',
    share: 3,
    fault: 'restart',
    act(world, random) {
      const server = random.pick(world.servers.filter((other) => other.process && !other.process.host.isFrozen))
      if (!server) return undefined
      void server.stop().then(() => server.start())
      return `${server.name} is restarted in good order`
    },
  },
  {
    name: 'freeze',
    share: 3,
    fault: 'freeze',
    act(world, random) {
      const host = random.pick(world.servers)?.process?.host
      if (!host || host.isFrozen) return undefined
      const ms = random.pick([50, 2_000, 9_000]) ?? 50
      host.freeze()
      world.loop.after(ms, () => host.thaw())
      return `${host.name} is frozen for ${ms} ms`
    },
  },
  {
    name: 'clock',
    share: 4,
    fault: 'clock',
    act(world, random) {
      const server = random.pick(world.servers)
      if (!server) return undefined
      const ms = random.pick([-3_600_000, -5_000, -50, 50, 5_000, 3_600_000]) ?? 0
      server.aheadMs += ms
      return `the clock of ${server.name} jumps by ${ms} ms`
    },
  },
  {
    name: 'client-clock',
    share: 3,
    fault: 'clock',
    act(world, random) {
      const others = [...world.devices, ...world.workers].filter(({ host }) => !host.isDead)
      const host = random.pick(others)?.host
      if (!host) return undefined
      const ms = random.pick([-3_600_000, -5_000, 5_000, 3_600_000]) ?? 0
      host.aheadMs += ms
      return `the clock of ${host.name} jumps by ${ms} ms`
    },
  },
  ...storeTrouble,
]
