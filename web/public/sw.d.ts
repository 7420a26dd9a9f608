/** The default export is what `with { type: 'file' }` gives the server. */
declare const path: string
export default path
