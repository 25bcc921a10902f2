export { openEmbeddedStore, type EmbeddedStoreOptions } from './embedded/open.ts'
