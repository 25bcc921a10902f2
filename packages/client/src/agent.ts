export { createWorker } from './agent/create-worker.ts'
export { type CloseOptions, type Worker, type WorkerOptions } from './agent/worker.ts'
export {
  type AgentRun,
  type ApproveOptions,
  type AskOptions,
  type BudgetWarning,
  type ChildRun,
  type ClientToolOptions,
  type ClientToolResult,
  type Output,
  type PipeOptions,
  type RunHandler,
  type RunResult,
  type SpawnInput,
  type SuspendOptions,
} from './agent/run.ts'
export { approveTool, type WantedCall } from './agent/approve-tool.ts'
export { RunStopped, type StopReason } from './agent/run-stopped.ts'
export { type Chunk } from '@headrace/formats'
export { type ChunkStream } from './agent/chunk-stream.ts'
export { type ConnectionStatus } from './net/status.ts'
