/** `import path from './x.bin' with { type: 'file' }` gives a path: on disk in development, inside the executable when compiled. */
declare module '*.bin' {
  const path: string
  export default path
}
