export { toJson } from '@headrace/formats'
