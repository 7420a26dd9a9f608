/** Whisper's own normalisers (the Python package the peers' environment holds), for figures anybody can check. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BENCH_CACHE } from './cache.ts'
import { units } from './wer.ts'

export interface Text {
  text: string
  language: string
}

const SCRIPT = `
import json, sys
from whisper_normalizer.english import EnglishTextNormalizer
from whisper_normalizer.basic import BasicTextNormalizer
english, basic, letters = EnglishTextNormalizer(), BasicTextNormalizer(), BasicTextNormalizer(split_letters=True)
texts = json.load(sys.stdin)
pick = lambda language: english if language == 'en' else letters if language in ('zh', 'ja', 'th', 'yue') else basic
print(json.dumps([pick(each['language'])(each['text']).split() for each in texts]))
`

/** Whether \`--peers\` has installed them. */
export function officialNormaliser(): string | null {
  const python = join(BENCH_CACHE, 'peers', 'bin', 'python')
  return existsSync(python) ? python : null
}

/** Compare units of each text: by Whisper's normaliser where it is installed, else by our own (test/bench/wer.ts). */
export async function unitsOf(texts: readonly Text[]): Promise<string[][]> {
  const python = officialNormaliser()
  if (!python) return texts.map(({ text, language }) => units(text, language))
  const child = Bun.spawn([python, '-c', SCRIPT], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
  child.stdin.write(JSON.stringify(texts))
  child.stdin.end()
  return (await new Response(child.stdout).json()) as string[][]
}
