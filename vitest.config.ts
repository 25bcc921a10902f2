import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.ts'

// Workspaces resolve to their sources, so unit tests need no build.
const conditions = ['@headrace/source']

/** Files that share what they import with those before them in the same process. */
const shared = [
  'packages/{core,formats,client,server}/test/**/*.test.{ts,tsx}',
  'packages/console/test/unit/**/*.test.{ts,tsx}',
  // Those that start one browser, and no floor with its hundreds of processes.
  'packages/console/test/!(floor*).test.ts',
  'test/*.browser.test.ts',
  // The others look for processes that are left, or change the environment of this one.
  ...[
    'acp-updates',
    'attempt-detectors',
    'attempt-watch',
    'best-of',
    'choice',
    'detect',
    'factory-docs',
    'files',
    'floor',
    'foreman',
    'git',
    'guards',
    'horizon',
    'landing',
    'model-proxy',
    'period-report',
    'permission',
    'report',
    'retro',
    'simulated-floor',
    'skills',
    'sources',
    'tree-digest',
  ].map((name) => `packages/factory/test/${name}.test.ts`),
]

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['packages/*/{src,test}/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
          exclude: shared,
          // Most of these start hundreds of processes, and for each one the kernel copies what it knows of the memory of this
          // one and lets every page that is written to afterwards fault. With 50 MB less of young objects that is a fifth less.
          execArgv: ['--max-semi-space-size=8'],
        },
      },
      // Nothing in these outlives its file, and reading our sources anew for each took twice as long as their tests.
      { extends: true, test: { name: 'shared', include: shared, isolate: false } },
    ],
    // Most of a test’s time is waiting for processes and browsers, so there are more files at once than cores where those are few.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // Half of what a command, server or agent does that a test starts is reading our sources, and it is the same each time.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/headrace/compiled') },
    // A busy machine is no failure: what takes seconds may take minutes on one, and what never comes still fails.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    reporters: ['default', './scripts/closing-line-reporter.ts'],
  },
})
