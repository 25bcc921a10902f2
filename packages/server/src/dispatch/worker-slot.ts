import type { AgentName, Grant, HeldRun, RunId, RunSignal, SessionKey, SessionView } from '@headrace/core'
import type { Assignment } from '../hub-types.ts'

export interface WorkerOptions {
  readonly agent: AgentName
  /** Names the process: a claim by the same worker is a retry. */
  readonly worker: string
  readonly grant: Grant
  readonly capacity: number
  readonly leaseMs?: number
  /** It is called for each of its runs. It has no connection that could bring anything: whether it is there shows when it is called. */
  readonly isCalled?: boolean
  /**
   * Runs that it held before a reconnect: it is told at once which of them it must stop, and given what is its own and not
   * among them. Absent for a worker that does not say what it holds.
   */
  readonly held?: readonly HeldRun[]
  readonly assign: (assignment: Assignment) => void
  readonly signal: (held: HeldRun, signal: RunSignal) => void
  /** A claim that was under way has come to its end, with or without a run. */
  readonly settled?: () => void
}

/** A worker as those see it who registered it. */
export interface WorkerSlot {
  readonly agent: AgentName
  capacity: number
  grant: Grant
  /** Claims that are on their way. */
  readonly claiming: number
  /** The worker's connection brought something. */
  heard(): void
  close(): void
}

/** A worker as the dispatcher knows it. */
export interface Slot extends Omit<WorkerOptions, 'held'>, WorkerSlot {
  capacity: number
  grant: Grant
  /** It says what it holds whenever it comes. */
  readonly namesHeld: boolean
  /** What it held before a reconnect is being looked up. */
  isStarting: boolean
  /** It let a lease lapse and has not been heard since: it may be frozen, and would only hold up what it is given. */
  silent: boolean
  /** Attempts it holds by `heldId`. */
  readonly held: Map<string, HeldRun>
  claiming: number
}

export function heldId(key: SessionKey, run: RunId): string {
  return `${key} ${run}`
}

/** Whether the worker holds an attempt by the log. */
export function holds({ worker }: Slot, view: SessionView, { run: id, attempt }: HeldRun): boolean {
  const run = view.runs.find((candidate) => candidate.id === id)
  return run?.status === 'active' && run.attempt === attempt && run.worker === worker
}

/** How many more runs it takes. */
export function roomOf(slot: Slot): number {
  return slot.capacity - slot.held.size - slot.claiming
}

export function hasRoom(slot: Slot): boolean {
  return !slot.isStarting && !slot.silent && roomOf(slot) > 0
}
