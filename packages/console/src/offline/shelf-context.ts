import { createContext, useContext } from 'react'
import type { Shelf } from './shelf.ts'

export const ShelfContext = createContext<Shelf | undefined>(undefined)

/** What this browser keeps for the reader. */
export function useShelf(): Shelf | undefined {
  return useContext(ShelfContext)
}
