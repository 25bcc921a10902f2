import { askFloor, floorOf, type FloorRequest } from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'
import { withFloor, type FloorTarget, type OpenedFloor } from './floor-target.ts'

/** Nobody has the floor open: what was asked waits in its session. */
const patienceMs = 3_000

/** Asks something of a floor and prints its answer. */
export async function ask(request: FloorRequest, options: FloorTarget): Promise<void> {
  await withFloor(options, async (floor) => {
    processOutput.out(await answered(request, floor))
  })
}

/** Changes what the floor as a whole does. A stop is over when nothing is under way any more. */
export async function setMode(mode: 'running' | 'paused' | 'stopped', options: FloorTarget): Promise<void> {
  await withFloor(options, async (floor) => {
    processOutput.out(await answered({ ask: 'set-mode', mode }, floor))
    if (mode !== 'stopped') return
    const isWorking = (document: unknown): boolean =>
      Object.values(floorOf(document).tasks).some(({ state }) => state.status === 'working')
    await floor.session.until(({ view }) => !isWorking(view.document.value))
    processOutput.out('Nothing is under way, and no process of an attempt is left.')
  })
}

async function answered(request: FloorRequest, { session }: OpenedFloor): Promise<string> {
  const late = setTimeout(() => {
    processOutput.err('Nobody has this floor open. The request waits in its session; Ctrl-C ends only the waiting.')
  }, patienceMs)
  try {
    const { outcome, said } = await askFloor(session, request)
    if (outcome === 'refused') throw new Problem(exitCode.refused, plain(said))
    return plain(said)
  } finally {
    clearTimeout(late)
  }
}
