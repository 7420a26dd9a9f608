/** Files imported `with { type: 'file' }`: the value is a path. */
declare module '*.svg' {
  const path: string
  export default path
}
declare module '*.webmanifest' {
  const path: string
  export default path
}
declare module '*.png' {
  const path: string
  export default path
}
