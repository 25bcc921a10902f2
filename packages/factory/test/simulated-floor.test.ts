import { expect, test } from 'vitest'
import { simAgents, simulateFloor, type SimFloor, type SimOptions, type SimPlayed } from '../src/index.ts'

const seeds = [1, 2, 3]

function floors(options: Omit<SimOptions, 'seed' | 'agents'>): readonly SimFloor[] {
  return seeds.map((seed) => simulateFloor({ seed, agents: simAgents, tasks: 120, ...options }))
}

function sum(all: readonly SimFloor[], value: (one: SimPlayed) => number): number {
  return all.flatMap(({ played }) => played).reduce((total, one) => total + value(one), 0)
}

const inCircles = (one: SimPlayed): number => (one.circled ? one.tokens : 0)

test('T2e on a simulated floor the choice loses less than taking turns, and less the longer it goes on', () => {
  const ours = floors({})
  const regret = (all: readonly SimFloor[]): number => sum(all, (one) => one.regret)
  expect(regret(floors({ choice: 'best' }))).toBe(0)
  expect(regret(ours)).toBeLessThan(0.75 * regret(floors({ choice: 'round-robin' })))
  const perAttempt = (from: number, to: number): number => {
    const part = ours.flatMap(({ played }) => played).filter(({ task }) => between(Number(task.slice(1)), from, to))
    return part.reduce((total, one) => total + one.regret, 0) / part.length
  }
  expect(perAttempt(81, 120)).toBeLessThan(0.75 * perAttempt(1, 40))
})

test('T2e with the detector far less is spent on circles, as much is merged, and nobody is told so who is in none', () => {
  const [watched, blind] = [floors({}), floors({ detector: false })]
  expect(sum(blind, inCircles)).toBeGreaterThan(2 * sum(watched, inCircles))
  const merged = (all: readonly SimFloor[]): number => all.reduce((total, one) => total + one.merged, 0)
  expect(merged(watched)).toBeGreaterThanOrEqual(0.97 * merged(blind))
  const played = watched.flatMap((floor) => floor.played)
  expect(played.filter(({ wronged }) => wronged)).toEqual([])
  expect(played.filter(({ waited }) => waited).length).toBeGreaterThan(50)
  const outcomes = new Set(played.map(({ outcome }) => outcome))
  expect([...outcomes]).toEqual(expect.arrayContaining(['merged', 'rejected', 'replaced', 'nuked']))
  expect(outcomes).not.toContain('budget')
})

test('T2e the same seed plays the same floor', () => {
  const one = simulateFloor({ seed: 7, agents: simAgents, tasks: 30 })
  expect(simulateFloor({ seed: 7, agents: simAgents, tasks: 30 })).toEqual(one)
  expect(simulateFloor({ seed: 8, agents: simAgents, tasks: 30 })).not.toEqual(one)
})

function between(value: number, from: number, to: number): boolean {
  return value >= from && value <= to
}
