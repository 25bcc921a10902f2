import {
  decideStream,
  endOfLife,
  foldStream,
  noStream,
  splitKey,
  useLagMs,
  type SessionKey,
  type SessionRow,
  type StreamAnswer,
  type StreamCommand,
  type StreamEvent,
  type StreamState,
} from '@headrace/core'
import type { LogRoom, LogRules } from './log-room.ts'

export type StreamRoom = LogRoom<StreamState, StreamEvent, StreamCommand, StreamAnswer>

export const streamRules: LogRules<StreamState, StreamEvent, StreamCommand, StreamAnswer> = {
  empty: noStream,
  decide: (state, command, now, { usedAt }) => decideStream(state, command, { now, usedAt }),
  fold: foldStream,
  timeGoesOn: false,
  row: (state, key) => plainRow(key, state.createdAt, dueOf(state)),
}

function dueOf(state: StreamState): number | null {
  // What was deleted and has no forks is to be removed; a server may have stopped before it did.
  if (state.deleted) return state.forks.length === 0 ? state.at : null
  const end = endOfLife(state, state.usedAt)
  return end === null ? null : end + useLagMs(state)
}

/** A line by which a log is listed and found when it is due, and nothing else. */
export function plainRow(key: SessionKey, createdAt: number, due: number | null): SessionRow {
  return {
    id: splitKey(key).session,
    createdAt,
    updatedAt: createdAt,
    metadata: {},
    messages: 0,
    status: 'idle',
    openRuns: 0,
    work: [],
    due,
    archived: false,
    inbox: [],
  }
}
