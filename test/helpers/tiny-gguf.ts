/**
 * A language model of a few hundred kilobytes, made at run time, for running the real llama.cpp server without a download.
 * It knows how often each word comes and nothing else: attention and feed-forward are zero, every token embeds to the same
 * vector, and the output layer turns that into fixed odds. It talks nonsense; grammars (JSON) still shape what it says.
 */

const EMBEDDING = 64
const FEED_FORWARD = 64
const HEADS = 2
/** Sampling at temperature 0.2, as Parley asks for it, multiplies the odds' logarithms by five. */
const TEMPERATURE = 0.2

const WORDS =
  'the of and to in we budget release review team Friday plan notes agreed next week customers asked for more time it is done'.split(
    ' ',
  )

type Kind = 'normal' | 'unknown' | 'control' | 'byte'
const KINDS: Record<Kind, number> = { normal: 1, unknown: 2, control: 3, byte: 6 }

interface Token {
  text: string
  kind: Kind
  /** How much likelier than the others. */
  weight: number
}

/** SentencePiece's way: a word begins with ▁, bytes stand for everything else. */
function vocabulary(): Token[] {
  const punctuation: [string, number][] = [
    // Ends a string after some eight words.
    ['"', 4],
    [':', 1],
    [',', 2],
    ['[', 1],
    [']', 1.5],
    ['{', 3],
    ['}', 1],
    ['.', 0.5],
  ]
  return [
    { text: '<unk>', kind: 'unknown', weight: 0 },
    { text: '<s>', kind: 'control', weight: 0 },
    { text: '</s>', kind: 'control', weight: 6 },
    ...Array.from({ length: 256 }, (_, byte): Token => {
      const hex = byte.toString(16).toUpperCase().padStart(2, '0')
      return { text: `<0x${hex}>`, kind: 'byte', weight: 0 }
    }),
    ...WORDS.map((word): Token => ({ text: `▁${word}`, kind: 'normal', weight: 1 })),
    ...punctuation.map(([text, weight]): Token => ({ text, kind: 'normal', weight })),
    // Small numbers: some of them are numbers of lines that exist.
    ...Array.from({ length: 10 }, (_, n): Token => ({ text: String(n), kind: 'normal', weight: 0.2 })),
    ...Array.from('abcdefghijklmnopqrstuvwxyz', (text): Token => ({ text, kind: 'normal', weight: 0.001 })),
  ]
}

/** The whole model as a GGUF file, version 3. */
export function tinyModel(context = 32_768): Uint8Array {
  const tokens = vocabulary()
  const file = new Writer()
  // The output of the norm is a vector of ones, so a row of `x / EMBEDDING` gives the logit x.
  const logit = ({ weight }: Token) => TEMPERATURE * Math.log(Math.max(weight, 1e-9))
  const square = EMBEDDING * EMBEDDING
  const tensors: [name: string, shape: number[], values: Float32Array][] = [
    ['token_embd.weight', [EMBEDDING, tokens.length], new Float32Array(EMBEDDING * tokens.length).fill(1)],
    ['output_norm.weight', [EMBEDDING], new Float32Array(EMBEDDING).fill(1)],
    [
      'output.weight',
      [EMBEDDING, tokens.length],
      Float32Array.from(
        { length: EMBEDDING * tokens.length },
        (_, i) => logit(tokens[Math.floor(i / EMBEDDING)] as Token) / EMBEDDING,
      ),
    ],
    ['blk.0.attn_norm.weight', [EMBEDDING], new Float32Array(EMBEDDING).fill(1)],
    ...['q', 'k', 'v', 'output'].map((name): [string, number[], Float32Array] => [
      `blk.0.attn_${name}.weight`,
      [EMBEDDING, EMBEDDING],
      new Float32Array(square),
    ]),
    ['blk.0.ffn_norm.weight', [EMBEDDING], new Float32Array(EMBEDDING).fill(1)],
    ...['gate', 'up', 'down'].map((name): [string, number[], Float32Array] => [
      `blk.0.ffn_${name}.weight`,
      [EMBEDDING, FEED_FORWARD],
      new Float32Array(EMBEDDING * FEED_FORWARD),
    ]),
  ]
  const facts: [name: string, write: () => void][] = [
    ['general.architecture', () => file.text('llama')],
    ['general.name', () => file.text('odds of words')],
    ['llama.context_length', () => file.u32(context)],
    ['llama.embedding_length', () => file.u32(EMBEDDING)],
    ['llama.block_count', () => file.u32(1)],
    ['llama.feed_forward_length', () => file.u32(FEED_FORWARD)],
    ['llama.attention.head_count', () => file.u32(HEADS)],
    ['llama.attention.layer_norm_rms_epsilon', () => file.f32(1e-6)],
    ['llama.rope.dimension_count', () => file.u32(EMBEDDING / HEADS)],
    ['llama.vocab_size', () => file.u32(tokens.length)],
    ['tokenizer.ggml.model', () => file.text('llama')],
    [
      'tokenizer.ggml.tokens',
      () =>
        file.list(
          8,
          tokens.map(({ text }) => text),
        ),
    ],
    [
      'tokenizer.ggml.scores',
      () =>
        file.list(
          6,
          tokens.map((_, i) => -i),
        ),
    ],
    [
      'tokenizer.ggml.token_type',
      () =>
        file.list(
          5,
          tokens.map(({ kind }) => KINDS[kind]),
        ),
    ],
    ['tokenizer.ggml.unknown_token_id', () => file.u32(0)],
    ['tokenizer.ggml.bos_token_id', () => file.u32(1)],
    ['tokenizer.ggml.eos_token_id', () => file.u32(2)],
    // llama.cpp checks an answer's grammar from the prompt's last words on: a blank in front would be against it.
    ['tokenizer.ggml.add_space_prefix', () => file.flag(false)],
  ]
  file.raw('GGUF')
  file.bare32(3)
  file.bare64(tensors.length)
  file.bare64(facts.length)
  for (const [name, write] of facts) {
    file.string(name)
    write()
  }
  let offset = 0
  for (const [name, shape, values] of tensors) {
    file.string(name)
    file.bare32(shape.length)
    for (const size of shape) file.bare64(size)
    file.bare32(0) // F32
    file.bare64(offset)
    offset += Math.ceil(values.byteLength / 32) * 32
  }
  file.align(32)
  for (const [, , values] of tensors) {
    file.bytes(new Uint8Array(values.buffer))
    file.align(32)
  }
  return file.whole()
}

/** Little-endian GGUF: every fact says its type first; 4 = u32, 5 = i32, 6 = f32, 7 = flag, 8 = string, 9 = list. */
class Writer {
  readonly #parts: Uint8Array[] = []
  #size = 0

  bytes(part: Uint8Array): void {
    this.#parts.push(part)
    this.#size += part.length
  }
  raw(text: string): void {
    this.bytes(new TextEncoder().encode(text))
  }
  #number(size: number, write: (view: DataView) => void): void {
    const view = new DataView(new ArrayBuffer(size))
    write(view)
    this.bytes(new Uint8Array(view.buffer))
  }
  bare32(value: number): void {
    this.#number(4, (view) => view.setUint32(0, value, true))
  }
  bare64(value: number): void {
    this.#number(8, (view) => view.setBigUint64(0, BigInt(value), true))
  }
  bareF32(value: number): void {
    this.#number(4, (view) => view.setFloat32(0, value, true))
  }
  string(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.bare64(bytes.length)
    this.bytes(bytes)
  }
  u32(value: number): void {
    this.bare32(4)
    this.bare32(value)
  }
  f32(value: number): void {
    this.bare32(6)
    this.bareF32(value)
  }
  flag(value: boolean): void {
    this.bare32(7)
    this.bytes(new Uint8Array([Number(value)]))
  }
  text(value: string): void {
    this.bare32(8)
    this.string(value)
  }
  list(type: 5 | 6 | 8, values: readonly (string | number)[]): void {
    this.bare32(9)
    this.bare32(type)
    this.bare64(values.length)
    for (const value of values) {
      if (typeof value === 'string') this.string(value)
      else if (type === 6) this.bareF32(value)
      else this.bare32(value >>> 0)
    }
  }
  align(to: number): void {
    const left = (to - (this.#size % to)) % to
    if (left > 0) this.bytes(new Uint8Array(left))
  }
  whole(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts))
  }
}
