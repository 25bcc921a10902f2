/** Rules for who drives (C8). While a person holds the floor, agents hold still: nothing is claimed, no output is taken. */
import { isPerson } from '../ids.ts'
import type { CommandBody } from '../commands.ts'
import { permit, refuse, within, type Draft } from './draft.ts'

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

export function requestFloor(draft: Draft, { note }: Body<'request-floor'>): void {
  const { grant } = draft.command
  const { floor } = draft.view
  mustBePerson(draft)
  if (floor.holder?.actor === grant.actor || floor.asked.some((entry) => entry.actor === grant.actor)) return
  within(floor.asked.length + 1, draft.limits, 'floorRequests', 'Wait until somebody has had it.')
  draft.emit('floor.requested', named(draft, note))
}

export function takeFloor(draft: Draft, { note, force }: Body<'take-floor'>): void {
  const { holder } = draft.view.floor
  mustBePerson(draft)
  if (holder?.actor === draft.command.grant.actor) return
  if (holder && !force) {
    refuse(
      'floor_taken',
      `${holder.name ?? holder.actor} holds the floor. Ask for it, or wait until it is handed back.`,
      {
        holder: holder.actor,
        since: holder.since,
      },
    )
  }
  if (holder) permit(draft, 'admin', 'taking the floor from another person')
  draft.emit('floor.taken', named(draft, note))
}

/** Nobody needs a right to give back what they hold; for others it needs `admin`. */
export function handBack(draft: Draft, { note }: Body<'hand-back'>): void {
  const { holder } = draft.view.floor
  if (!holder) return
  if (holder.actor !== draft.command.grant.actor) {
    permit(draft, 'admin', `handing back the floor that ${holder.actor} holds`)
  }
  draft.emit('floor.returned', note === undefined ? {} : { note })
}

function mustBePerson({ command: { grant } }: Draft): void {
  if (isPerson(grant.actor)) return
  refuse('forbidden', 'Only people hold the floor. An agent that needs somebody opens a request.', {
    verb: 'take-floor',
  })
}

function named({ command: { grant } }: Draft, note: string | undefined): { note?: string; name?: string } {
  return { ...(note !== undefined && { note }), ...(grant.name !== undefined && { name: grant.name }) }
}
