/** Rules for what everybody in a session shares: its document (S7), a branch (S6), how far they have read (P2). */
import { sees } from '../audience.ts'
import { jsonChars } from '../json-chars.ts'
import { PatchFailure, applyPatch, valueAt } from '../json-patch.ts'
import type { CommandBody } from '../commands.ts'
import type { Json } from '../json.ts'
import { refuse, within, type Draft } from './draft.ts'
import { refuseUnknown, type FindMessage } from './messages.ts'

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

export function patch(draft: Draft, { patch: ops, version }: Body<'patch'>): void {
  const { document } = draft.view
  if (version !== undefined && version !== document.version) {
    refuse('version_conflict', `The document has version ${document.version}, not ${version}. Read it and try again.`, {
      version: document.version,
    })
  }
  within(JSON.stringify(ops).length, draft.limits, 'eventChars', 'Split the patch.')
  const value = apply(draft, document.value, ops)
  withinDocument(draft, jsonChars(value, draft.limits.documentChars))
  draft.emit('document.patched', { version: document.version + 1, patch: ops })
}

function withinDocument(draft: Draft, chars: number): void {
  within(chars, draft.limits, 'documentChars', 'Keep big data elsewhere and store its address.')
}

/** Few operations can copy a document into itself until no memory holds it, so copies are measured before they are made. */
function apply(draft: Draft, before: Json, ops: Body<'patch'>['patch']): Json {
  const most = draft.limits.documentChars
  let value = before
  let copied = 0
  for (const [index, op] of ops.entries()) {
    if (op.op === 'copy') copied += jsonChars(valueAt(value, op.from) ?? null, most - copied)
    withinDocument(draft, copied)
    try {
      value = applyPatch(value, [op])
    } catch (thrown) {
      if (!(thrown instanceof PatchFailure)) throw thrown
      refuse('patch_failed', `patch[${index}] does not fit the document: ${thrown.message}.`, {
        path: `patch[${index}]`,
      })
    }
  }
  return value
}

export function select(draft: Draft, { leaf }: Body<'select'>, find: FindMessage): void {
  const found = find(leaf)
  const message = found && sees(draft.command.grant, found.to) ? found : refuseUnknown(leaf)
  if (message.to !== undefined) refuse('bad_request', `Not everybody sees the message ${leaf}.`, { path: 'leaf' })
  if (draft.view.selected?.leaf !== leaf) draft.emit('branch.selected', { leaf })
}

/** A cursor only goes forward. */
export function read(draft: Draft, { seq }: Body<'read'>): void {
  const { cursors, seq: head } = draft.view
  if (seq > head) {
    refuse('bad_request', `seq is ${seq}, but the log ends at ${head}. Name an event that you have seen.`, {
      path: 'seq',
    })
  }
  const known = cursors.find((cursor) => cursor.actor === draft.command.grant.actor)
  if ((known?.seq ?? 0) < seq) draft.emit('cursor.moved', { seq })
}

/** A session that may not be read again can't be taken back, so only what is complete is redacted. */
export function redact(draft: Draft, { message: id, part, reason }: Body<'redact'>, find: FindMessage): void {
  const message = find(id) ?? refuseUnknown(id)
  const found = part === undefined ? undefined : message.parts.find((candidate) => candidate.id === part)
  if (part !== undefined && !found) {
    refuse('message_not_found', `The message ${id} has no part ${part}.`, { message: id, part })
  }
  if (message.status === 'open' || found?.status === 'open') {
    refuse('part_conflict', `The message ${id} is being written. Stop its run, then redact it.`, { message: id })
  }
  if (message.redacted || found?.redacted) return
  within(draft.state.guard.erasing.length + 1, draft.limits, 'pendingErasures', 'Wait until those before are erased.')
  const data = { message: id, ...(part !== undefined && { part }), ...(reason !== undefined && { reason }) }
  draft.emit('content.redacted', data)
}
