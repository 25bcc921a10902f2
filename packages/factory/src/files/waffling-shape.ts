import { integer, object, oneOf, optional, type Schema } from '@headrace/core'
import type { WafflingPolicy } from '../detect/attempt-watch.ts'
import { defaultLadder } from '../detect/ladder.ts'
import { defaultLimits } from '../detect/limits.ts'
import { described, portion, amount } from './shapes.ts'

/** `waffling` of a lane. */
export const wafflingShape: Schema<WafflingPolicy> = object({
  highest: optional(
    described(oneOf('off', 'nudge', 'narrow', 'fresh', 'nuke', 'park'), {
      about:
        'How far the lane goes by itself. off: agents are not judged. nudge: the agent is told the fact. narrow: its mandate is tightened. fresh: another one begins anew with the lesson. nuke: what it did is put away. park: the task is left to a person.',
      default: defaultLadder.highest,
    }),
  ),
  pressure: optional(
    described(amount(), {
      about: 'Weight of findings at which the next rung is taken.',
      default: defaultLadder.pressure,
    }),
  ),
  keep: optional(
    described(portion(), {
      about: 'Part of the pressure that is left after a step with nothing against it.',
      default: defaultLadder.keep,
    }),
  ),
  patience: optional(
    described(integer(0, 1_000), { about: 'Steps to do better after a rung.', default: defaultLadder.patience }),
  ),
  forgive: optional(
    described(integer(1, 10_000), {
      about: 'Steps in a row with nothing against them that take a rung back.',
      default: defaultLadder.forgive,
    }),
  ),
  limits: optional(
    described(
      object({
        cut: optional(
          described(portion(), { about: 'Score from which a step is flagged.', default: defaultLimits.cut }),
        ),
        window: optional(
          described(integer(4, 200), { about: 'Steps that are compared.', default: defaultLimits.window }),
        ),
        similar: optional(
          described(portion(), {
            about: 'From this on two calls are nearly the same.',
            default: defaultLimits.similar,
          }),
        ),
        streak: optional(
          described(integer(2, 100), {
            about: 'Steps of one kind in a row that are told of: failures, words alone, nothing new.',
            default: defaultLimits.streak,
          }),
        ),
        tokens: optional(
          described(integer(1, 1_000_000_000), {
            about: 'Tokens that may go while neither difference nor failing tests change.',
            default: defaultLimits.tokens,
          }),
        ),
        waits: optional(
          described(integer(0, 10_000), {
            about: 'So often in a row the same may be waited for with the same answer.',
            default: defaultLimits.waits,
          }),
        ),
      }),
      { about: 'Where the detector draws its lines.' },
    ),
  ),
})
