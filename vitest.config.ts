import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.ts'

// Workspaces resolve to their sources, so unit tests need no build.
const conditions = ['@headrace/source']

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    // Most of a test’s time is waiting for processes and browsers, so there are more files at once than cores where those are few.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // Half of what a command, server or agent does that a test starts is reading our sources, and it is the same each time.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/headrace/compiled') },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A busy machine is no failure: what is waited for has as long as a test, and what never comes still fails.
    expect: { poll: { timeout: 15_000 } },
    reporters: ['default', './scripts/closing-line-reporter.ts'],
  },
})
