import { expect, test } from 'vitest'
import { nextWindow } from '../src/pace.ts'

function after(samples: readonly number[]): number {
  return samples.reduce((windowMs, utilization) => nextWindow(windowMs, utilization), 0)
}

test('writes go at once while the event loop has time, and wait for company while it has none', () => {
  expect(after([0.1, 0.3, 0.6, 0.7])).toBe(0)
  expect(after([0.95])).toBe(10)
  expect(after([0.95, 0.95, 0.95, 0.95])).toBeCloseTo(33.75)
  expect(after(Array.from({ length: 20 }, () => 1))).toBe(50)
})

test('the window stays while the load is between, and closes again when it is gone', () => {
  expect(after([0.95, 0.95, 0.8, 0.8])).toBe(15)
  expect(after([...Array.from({ length: 20 }, () => 1), 0.6, 0.6, 0.6, 0.6, 0.6])).toBe(0)
})
