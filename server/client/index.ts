/** `import … from 'parley/client'`: what TypeScript programs use of Parley. An example: docs/examples/subtitles.ts. */
export { ParleyClient } from './client.ts'
export type { ClientEvent, ClientOptions, ClientStatus } from './events.ts'
export type { OutgoingAudio } from './outgoing-audio.ts'
export { fileSource, type MicrophoneOptions, microphone } from './sources.ts'
export { type Line, type TranscribeOptions, transcribe } from './transcribe.ts'
