import { agents } from './scenarios/agents.ts'
import { data } from './scenarios/data.ts'
import { devices } from './scenarios/devices.ts'
import { people } from './scenarios/people.ts'
import { requests } from './scenarios/requests.ts'
import { resume } from './scenarios/resume.ts'
import { steering } from './scenarios/steering.ts'
import { stopping } from './scenarios/stopping.ts'
import { versions } from './scenarios/versions.ts'
import type { Scenario } from './scenario.ts'

const order = 'QEX'

/** Everything that is asked of a server: the audit questions, the edge cases, faults and races, each in order. */
export const scenarios: readonly Scenario[] = [
  ...resume,
  ...devices,
  ...stopping,
  ...steering,
  ...agents,
  ...requests,
  ...versions,
  ...people,
  ...data,
].sort((a, b) => order.indexOf(a.id.charAt(0)) - order.indexOf(b.id.charAt(0)) || numberOf(a) - numberOf(b))

function numberOf({ id }: Scenario): number {
  return Number(id.slice(1))
}
