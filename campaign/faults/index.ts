import type { FaultKind, FaultName } from '../fault-kind.ts'
import { control } from './control.ts'
import { kill } from './kill.ts'
import { network } from './network.ts'
import { power } from './power.ts'

export const faultKinds: Readonly<Partial<Record<FaultName, FaultKind>>> = { kill, power, network, control }
