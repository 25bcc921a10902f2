import type { FaultKind, FaultName } from '../fault-kind.ts'
import { clock } from './clock.ts'
import { control } from './control.ts'
import { corruption } from './corruption.ts'
import { disk } from './disk.ts'
import { kill } from './kill.ts'
import { loss } from './loss.ts'
import { network } from './network.ts'
import { power } from './power.ts'

export const faultKinds: Readonly<Record<FaultName, FaultKind>> = {
  kill,
  power,
  corruption,
  disk,
  network,
  loss,
  control,
  clock,
}
