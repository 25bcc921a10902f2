import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { afterPatience } from '../campaign/lib/patience.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('whoever hangs on an idle machine is found in time', () => {
  const end = vi.fn()
  afterPatience(1_000, end, () => 0)
  vi.advanceTimersByTime(999)
  expect(end).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(end).toHaveBeenCalledOnce()
})

test('time that this process has stood in line for a processor does not count', () => {
  const end = vi.fn()
  const began = performance.now()
  // It gets one millisecond of each ten.
  afterPatience(1_000, end, () => (performance.now() - began) * 0.9)
  vi.advanceTimersByTime(8_000)
  expect(end).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2_000)
  expect(end).toHaveBeenCalledOnce()
})

test('there is an end to it, also where nothing runs for long', () => {
  const end = vi.fn()
  const began = performance.now()
  afterPatience(1_000, end, () => performance.now() - began)
  vi.advanceTimersByTime(19_000)
  expect(end).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1_500)
  expect(end).toHaveBeenCalledOnce()
})

test('what has come is waited for no longer', () => {
  const end = vi.fn()
  afterPatience(1_000, end, () => 0)()
  vi.advanceTimersByTime(60_000)
  expect(end).not.toHaveBeenCalled()
})
