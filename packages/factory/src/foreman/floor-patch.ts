import type { Json, JsonPatch, JsonPatchOp } from '@headrace/core'
import type { FloorDocument } from '../floor/floor-document.ts'

/** The patch that makes one floor of the other: whole fields, and of the tasks only those that differ. */
export function floorPatch(was: Json, floor: FloorDocument): JsonPatch {
  const before = isObject(was) ? was : {}
  const ops: JsonPatchOp[] = []
  for (const field of Object.keys(before)) if (!(field in floor)) ops.push({ op: 'remove', path: `/${field}` })
  for (const [field, value] of Object.entries(floor)) {
    const old = before[field]
    if (field !== 'tasks' || !isObject(old)) {
      if (!same(old, value)) ops.push({ op: 'add', path: `/${field}`, value: value as Json })
      continue
    }
    for (const id of Object.keys(old))
      if (floor.tasks[id] === undefined) ops.push({ op: 'remove', path: `/tasks/${id}` })
    for (const [id, task] of Object.entries(floor.tasks)) {
      if (!same(old[id], task)) ops.push({ op: 'add', path: `/tasks/${id}`, value: task as unknown as Json })
    }
  }
  return ops
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
