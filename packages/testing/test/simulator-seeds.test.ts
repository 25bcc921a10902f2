import { test } from 'vitest'
import { headrace } from './simulator/headrace.ts'
import { play, range, seedsToPlay } from './simulator/play.ts'

// A file of its own, so that it runs beside the first half.
test('second half of the seeds', { timeout: 600_000 }, () => play(headrace(), range(seedsToPlay / 2, seedsToPlay)))
