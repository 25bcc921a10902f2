import { agentMoves } from './moves/agents.ts'
import { controlMoves } from './moves/control.ts'
import { faultMoves } from './moves/faults.ts'
import { peopleMoves } from './moves/people.ts'
import { redactionMoves } from './moves/redactions.ts'
import { webhookMoves } from './moves/webhooks.ts'
import type { Move } from './move.ts'

/** All that can happen in a simulation. A new command of a session is a few lines in one of these tables. */
export const moves: readonly Move[] = [
  ...peopleMoves,
  ...controlMoves,
  ...agentMoves,
  ...redactionMoves,
  ...webhookMoves,
  ...faultMoves,
]
