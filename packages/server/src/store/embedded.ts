export { salvageStore, type LostSession, type SalvageOptions, type SalvageReport } from './embedded/salvage.ts'
export { openEmbeddedStore, type EmbeddedStoreOptions } from './embedded/open.ts'
