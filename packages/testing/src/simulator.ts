export { simulate, type SimulationCounts, type SimulationOptions, type SimulationResult } from './simulator/simulate.ts'
export { shrink } from './simulator/shrink.ts'
export { report } from './simulator/report.ts'
export { moves } from './simulator/moves.ts'
export { invariants, type Invariant, type Violation } from './simulator/invariants.ts'
export type { Move } from './simulator/move.ts'
export { makePlan } from './simulator/setup.ts'
export type { Fault, Plan, PlannedMove, Setup } from './simulator/setup.ts'
export type { PulledRun, ServerSurroundings, SimulatedServer, Subject } from './simulator/subject.ts'
export type { ServerSocket } from './simulator/server-socket.ts'
export type { HostClock } from './simulator/host.ts'
export { simulateStreams, type StreamSimulation } from './simulator/streams/simulate.ts'
export { reportStreams, shrinkStreams } from './simulator/streams/report.ts'
export { streamInvariants, type StreamInvariant } from './simulator/streams/invariants.ts'
export type { StreamFault, StreamPlan, StreamSetup } from './simulator/streams/plan.ts'
export type { StreamViolation } from './simulator/streams/world.ts'
export type {
  GivenStream,
  HeldWake,
  Piece,
  ReadStream,
  StreamServer,
  StreamSubject,
  StreamSurroundings,
  WebhookAnswer,
} from './simulator/streams/subject.ts'
