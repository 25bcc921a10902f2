import { retrosOf, type Retro } from '@headrace/factory'
import { readFloor, type OpenedFloor } from './floor-target.ts'

/** All attempts of a floor's lanes, by their logs. */
export async function floorRetros(opened: OpenedFloor): Promise<readonly Retro[]> {
  const floor = await readFloor(opened)
  return retrosOf(opened.client, opened.sessions, { lanes: floor.lanes.map(({ name }) => name), floor })
}
