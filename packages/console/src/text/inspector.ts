import { number } from './amounts.ts'

export const inspector = {
  titleOf: (title: string): string => `Inspect · ${title}`,
  back: 'Back to the session',
  wire: 'Connection',
  state: 'connection',
  node: 'server process',
  actor: 'you are',
  trip: 'answer after',
  ms: (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`,
  measure: 'Measure an answer',
  slow: 'Everything comes and goes',
  slower: (ms: number): string => (ms === 0 ? 'at once' : `${number(ms)} ms later`),
  stateAt: 'State after event',
  show: 'Show',
  replay: 'Replay there',
  viewAt: (seq: number): string => `view at ${number(seq)}`,
  events: 'Events',
  filter: 'Filter events: a type, a run, a word',
  count: (shown: number, of: number): string => `${number(shown)} of ${number(of)}`,
  older: 'Older events',
} as const
