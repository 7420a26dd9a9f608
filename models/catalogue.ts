/** Every speech model Parley knows by name: file, size, hashes, languages, licence, and where it comes from. */

/** `asr` = turns speech into words; `vad` = tells speech from silence. */
export type ModelKind = 'asr' | 'vad'

export interface CatalogueEntry {
  /** What people type after `--model` and `parley models get`. */
  readonly name: string
  readonly kind: ModelKind
  /** File name in `models/` directories and at the source. */
  readonly file: string
  readonly bytes: number
  /** Lower-case hex. What a file is checked against before it is loaded. */
  readonly sha256: string
  /** The older hash whisper.cpp prints in its own model table, for people who compare by hand. */
  readonly sha1: string | null
  readonly languages: 'multilingual' | 'en' | 'any'
  readonly licence: 'MIT'
  /** One line for `parley models list`. */
  readonly note: string
  /** `bundled` = inside the executable and this repository; `hub` = fetched by `parley models get`. */
  readonly source: 'bundled' | 'hub'
}

/**
 * The only place that names a host: the files whisper.cpp's authors publish, at a fixed revision so that a file can
 * never change under its hash. `--mirror` and PARLEY_MODEL_MIRROR replace this whole base; the file name is appended.
 */
export const HUB_BASE_URL =
  'https://huggingface.co/ggerganov/whisper.cpp/resolve/5359861c739e955e79d9a303bcbc70fb988958b1'

/** Used when nothing is configured. */
export const DEFAULT_MODEL = 'base-q8_0'
/** The voice detector every speech stream uses. */
export const VAD_MODEL = 'silero-v6.2.0'

const BUNDLED: readonly CatalogueEntry[] = [
  {
    name: DEFAULT_MODEL,
    kind: 'asr',
    file: 'ggml-base-q8_0.bin',
    bytes: 81_768_585,
    sha256: 'ec154a9d64ef691e5035f8502ea31ea3594a6fa00f9fd8f240fe213bf7d25e01',
    sha1: null,
    languages: 'multilingual',
    licence: 'MIT',
    note: 'Whisper base, 8-bit: the default, inside the executable',
    source: 'bundled',
  },
  {
    name: VAD_MODEL,
    kind: 'vad',
    file: 'ggml-silero-v6.2.0.bin',
    bytes: 885_098,
    sha256: '2aa269b785eeb53a82983a20501ddf7c1d9c48e33ab63a41391ac6c9f7fb6987',
    sha1: null,
    languages: 'any',
    licence: 'MIT',
    note: 'Silero voice detector, inside the executable',
    source: 'bundled',
  },
]

// name, bytes, SHA-256 (the hub's own record of each file), SHA-1 (whisper.cpp's model table; null where it has none)
// biome-ignore format: one row per model
const HUB: readonly CatalogueEntry[] = [
  hub('tiny', 77_691_713, 'be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21', 'bd577a113a864445d4c299885e0cb97d4ba92b5f'),
  hub('tiny.en', 77_704_715, '921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f', 'c78c86eb1a8faa21b369bcd33207cc90d64ae9df'),
  hub('tiny-q5_1', 32_152_673, '818710568da3ca15689e31a743197b520007872ff9576237bda97bd1b469c3d7', null),
  hub('tiny.en-q5_1', 32_166_155, 'c77c5766f1cef09b6b7d47f21b546cbddd4157886b3b5d6d4f709e91e66c7c2b', null),
  hub('tiny-q8_0', 43_537_433, 'c2085835d3f50733e2ff6e4b41ae8a2b8d8110461e18821b09a15c40c42d1cca', null),
  hub('base', 147_951_465, '60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe', '465707469ff3a37a2b9b8d8f89f2f99de7299dac'),
  hub('base.en', 147_964_211, 'a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002', '137c40403d78fd54d454da0f9bd998f78703390c'),
  hub('base-q5_1', 59_707_625, '422f1ae452ade6f30a004d7e5c6a43195e4433bc370bf23fac9cc591f01a8898', null),
  hub('base.en-q5_1', 59_721_011, '4baf70dd0d7c4247ba2b81fafd9c01005ac77c2f9ef064e00dcf195d0e2fdd2f', null),
  hub('small', 487_601_967, '1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b', '55356645c2b361a969dfd0ef2c5a50d530afd8d5'),
  hub('small.en', 487_614_201, 'c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d', 'db8a495a91d927739e50b3fc1cc4c6b8f6c2d022'),
  hub('small-q5_1', 190_085_487, 'ae85e4a935d7a567bd102fe55afc16bb595bdb618e11b2fc7591bc08120411bb', null),
  hub('small.en-q5_1', 190_098_681, 'bfdff4894dcb76bbf647d56263ea2a96645423f1669176f4844a1bf8e478ad30', null),
  hub('small-q8_0', 264_464_607, '49c8fb02b65e6049d5fa6c04f81f53b867b5ec9540406812c643f177317f779f', null),
  hub('medium', 1_533_763_059, '6c14d5adee5f86394037b4e4e8b59f1673b6cee10e3cf0b11bbdbee79c156208', 'fd9727b6e1217c2f614f9b698455c4ffd82463b4'),
  hub('medium.en', 1_533_774_781, 'cc37e93478338ec7700281a7ac30a10128929eb8f427dda2e865faa8f6da4356', '8c30f0e44ce9560643ebd10bbe50cd20eafd3723'),
  hub('medium-q5_0', 539_212_467, '19fea4b380c3a618ec4723c3eef2eb785ffba0d0538cf43f8f235e7b3b34220f', null),
  hub('medium.en-q5_0', 539_225_533, '76733e26ad8fe1c7a5bf7531a9d41917b2adc0f20f2e4f5531688a8c6cd88eb0', null),
  hub('medium-q8_0', 823_369_779, '42a1ffcbe4167d224232443396968db4d02d4e8e87e213d3ee2e03095dea6502', null),
  hub('large-v1', 3_094_623_691, '7d99f41a10525d0206bddadd86760181fa920438b6b33237e3118ff6c83bb53d', 'b1caaf735c4cc1429223d5a74f0f4d0b9b59a299'),
  hub('large-v2', 3_094_623_691, '9a423fe4d40c82774b6af34115b8b935f34152246eb19e80e376071d3f999487', '0f4c8e34f21cf1a914c59d8b3ce882345ad349d6'),
  hub('large-v2-q5_0', 1_080_732_091, '3a214837221e4530dbc1fe8d734f302af393eb30bd0ed046042ebf4baf70f6f2', '00e39f2196344e901b3a2bd5814807a769bd1630'),
  hub('large-v2-q8_0', 1_656_129_691, 'fef54e6d898246a65c8285bfa83bd1807e27fadf54d5d4e81754c47634737e8c', null),
  hub('large-v3', 3_095_033_483, '64d182b440b98d5203c4f9bd541544d84c605196c4f7b845dfa11fb23594d1e2', 'ad82bf6a9043ceed055076d0fd39f5f186ff8062'),
  hub('large-v3-q5_0', 1_081_140_203, 'd75795ecff3f83b5faa89d1900604ad8c780abd5739fae406de19f23ecd98ad1', 'e6e2ed78495d403bef4b7cff42ef4aaadcfea8de'),
  hub('large-v3-turbo', 1_624_555_275, '1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69', '4af2b29d7ec73d781377bfd1758ca957a807e941'),
  hub('large-v3-turbo-q5_0', 574_041_195, '394221709cd5ad1f40c46e6031ca61bce88931e6e088c188294c6d5a55ffa7e2', 'e050f7970618a659205450ad97eb95a18d69c9ee'),
  hub('large-v3-turbo-q8_0', 874_188_075, '317eb69c11673c9de1e1f0d459b253999804ec71ac4c23c17ecf5fbe24e259a1', null),
]

/** Bundled models first, then the hub's from small to large. */
export const CATALOGUE: readonly CatalogueEntry[] = [...BUNDLED, ...HUB]

/** The entry of that name or file name, in any letter case and with or without `ggml-` and `.bin`; null when unknown. */
export function findModel(nameOrFile: string): CatalogueEntry | null {
  const wanted = plainName(nameOrFile)
  return CATALOGUE.find((entry) => entry.name === wanted || plainName(entry.file) === wanted) ?? null
}

/** The entry whose file has this SHA-256, whatever the file is called. */
export function findModelByHash(sha256: string): CatalogueEntry | null {
  return CATALOGUE.find((entry) => entry.sha256 === sha256) ?? null
}

/** `ggml-Small.EN.bin` → `small.en`. */
export function plainName(nameOrFile: string): string {
  return nameOrFile
    .toLowerCase()
    .replace(/^ggml-/, '')
    .replace(/\.bin$/, '')
}

function hub(name: string, bytes: number, sha256: string, sha1: string | null): CatalogueEntry {
  const english = name.includes('.en')
  const bits = /-q(\d)_/.exec(name)?.[1]
  const size = name.replace(/(\.en)?(-q\d_\d)?$/, '')
  const note = `Whisper ${size}${english ? ', English only' : ''}${bits ? `, ${bits}-bit` : ''}`
  const languages = english ? 'en' : 'multilingual'
  return {
    name,
    kind: 'asr',
    file: `ggml-${name}.bin`,
    bytes,
    sha256,
    sha1,
    languages,
    licence: 'MIT',
    note,
    source: 'hub',
  }
}
