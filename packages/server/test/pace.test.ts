import { expect, test } from 'vitest'
import { nextWindow } from '../src/pace.ts'

function after(samples: readonly number[]): number {
  return samples.reduce((windowMs, utilization) => nextWindow(windowMs, utilization), 0)
}

test('writes go at once while the event loop has time, and wait for company while it has none', () => {
  expect(after([0.1, 0.6, 0.9, 0.95])).toBe(0)
  expect(after([1])).toBe(8)
  expect(after([1, 1, 1, 1])).toBeCloseTo(27)
  expect(after(Array.from({ length: 20 }, () => 1))).toBe(50)
})

test('the window closes again where it saves nothing, also while the event loop stays busy', () => {
  expect(after([1, 1, 0.9])).toBeCloseTo(9.6)
  expect(after([...Array.from({ length: 20 }, () => 1), ...Array.from({ length: 10 }, () => 0.9)])).toBe(0)
})
