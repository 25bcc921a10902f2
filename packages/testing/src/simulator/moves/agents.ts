/** What happens to agents. */
import type { Move } from '../move.ts'

export const agentMoves: readonly Move[] = [
  {
    name: 'pull',
    share: 4,
    act: (world, random) => (world.puller.pull(random) ? 'an agent asks for a run over HTTP' : undefined),
  },
  {
    name: 'agent-start',
    share: 1,
    act(world, random) {
      if (world.workers.filter((worker) => worker.isLive).length >= 4) return undefined
      const worker = world.addWorker(random.pick(world.setup.agents) ?? 'assistant')
      return `${worker.name} starts as ${worker.agent}`
    },
  },
  {
    name: 'agent-stop',
    share: 1,
    act(world, random) {
      const worker = random.pick(world.workers.filter((other) => other.isLive && !other.host.isFrozen))
      if (!worker) return undefined
      void worker.close()
      return `${worker.name} stops in good order`
    },
  },
  {
    name: 'agent-death',
    share: 4,
    fault: 'agent-death',
    act(world, random) {
      const worker = random.pick(world.workers.filter((other) => other.isLive))
      if (!worker) return undefined
      const tells = random.chance(0.5)
      worker.kill(tells)
      return `${worker.name} dies, its connection ${tells ? 'breaks' : 'falls silent'}`
    },
  },
  {
    name: 'agent-freeze',
    share: 5,
    fault: 'agent-freeze',
    act(world, random) {
      const worker = random.pick(world.workers.filter((other) => other.isLive && !other.host.isFrozen))
      if (!worker) return undefined
      const ms = random.pick([500, world.setup.leaseMs, 3 * world.setup.leaseMs]) ?? 500
      worker.host.freeze()
      world.loop.after(ms, () => worker.host.thaw())
      return `${worker.name} is frozen for ${ms} ms`
    },
  },
]
