/** A WebAssembly module imported `with { type: 'file' }` is its path: on disk, or inside the executable. */
declare module '*.wasm' {
  const path: string
  export default path
}
