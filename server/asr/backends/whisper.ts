/** The whisper backend: Parley's native engine behind the AsrBackend port. Runs in child processes only (the library may abort). */
import { SAMPLE_RATE } from '../../core/audio.ts'
import { AppError } from '../../core/error.ts'
import type {
  AsrBackend,
  AsrCapabilities,
  DecodeRequest,
  Decoder,
  Hypothesis,
  ModelOptions,
  Token,
} from '../backend.ts'
import { Engine } from '../native/engine.ts'
import type { NativeToken } from '../native/request.ts'
import { TokenText, Vocabulary } from '../native/vocabulary.ts'

const LONGEST_WINDOW = 30 * SAMPLE_RATE
const MOST_THREADS = 16

/** One model and one state per Decoder: a worker process holds one. */
export const whisper = {
  name: 'whisper',
  async load(options: ModelOptions): Promise<WhisperDecoder> {
    if (options.libraryPath === null)
      throw new AppError('internal', 'The whisper backend needs the path of its native library.')
    return new WhisperDecoder(new Engine(options.libraryPath, options.modelPath, options.gpu))
  },
} satisfies AsrBackend

export class WhisperDecoder implements Decoder {
  readonly capabilities: AsrCapabilities
  readonly engine: Engine
  readonly #vocabulary: Vocabulary

  constructor(engine: Engine) {
    this.engine = engine
    this.#vocabulary = new Vocabulary(engine.library, engine.model)
    this.capabilities = {
      forcedPrefix: true,
      translate: engine.multilingual,
      languages: [...engine.languages],
      device: engine.device,
    }
  }

  async decode(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis> {
    this.#check(request)
    const { engine } = this
    const prefix = this.#ids(request.prefix)
    const { result, tokens } = await engine.run(
      {
        kind: request.kind,
        language: engine.multilingual ? this.#language(request.language) : 0,
        translate: request.task === 'translate',
        padding: request.padding,
        beamSize: request.beamSize,
        threads: Math.max(1, Math.min(MOST_THREADS, Math.round(request.threads))),
        samples: request.pcm.length,
        prompt: this.#vocabulary.prompt(request.kind, request.vocabulary, request.context),
        prefix,
        draft: request.kind === 'refine' ? [] : this.#ids(request.draft),
        languages: request.languages.map((code) => this.#language(code)),
        temperatures: request.temperatures,
      },
      request.pcm,
      signal,
    )
    return {
      tokens: this.#texts(prefix, tokens),
      language: engine.languages[result.language] ?? 'en',
      languageProbability: result.languageProbability,
      noSpeechProbability: result.noSpeechProbability,
      averageLogProbability: result.averageLogProbability,
      stop: result.stop,
      cost: result.cost,
    }
  }

  close(): Promise<void> {
    return this.engine.close()
  }

  #check(request: DecodeRequest): void {
    const { length } = request.pcm
    if (length === 0 || length > LONGEST_WINDOW) {
      throw new AppError(
        'invalid',
        `A window must hold between one sample and 30 s of audio, not ${length / SAMPLE_RATE} s.`,
      )
    }
    if (request.task === 'translate' && !this.engine.multilingual) {
      throw new AppError(
        'unsupported',
        'This speech model knows English only and cannot translate. Choose a multilingual one.',
      )
    }
  }

  /** whisper's number of a language; −1 stands for detection. */
  #language(code: string | null): number {
    if (code === null) return -1
    const index = this.engine.languages.indexOf(code)
    if (index < 0)
      throw new AppError('unsupported', `This speech model does not know the language "${code}".`)
    return index
  }

  /** Ids of earlier tokens; a token of another backend (id −1) is tokenized from its text. */
  #ids(tokens: readonly Token[]): number[] {
    return tokens.flatMap((token) =>
      token.id >= 0 && token.id < this.engine.firstSpecial
        ? [token.id]
        : Array.from(this.#vocabulary.tokenize(token.text)),
    )
  }

  #texts(prefix: readonly number[], tokens: readonly NativeToken[]): Token[] {
    const text = new TokenText()
    for (const id of prefix) text.next(this.#vocabulary.bytes(id))
    return tokens.map((token) => ({ ...token, text: text.next(this.#vocabulary.bytes(token.id)) }))
  }
}
